// From scores of tokens to entities, as Python's TokenClassificationPipeline aggregates them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tasks/encoder_options.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// A token with the probabilities of its labels.
struct ScoredToken {
  std::string word;               // as the vocabulary spells it, or its text where that is unknown
  std::span<const float> scores;  // [num_labels]
  uint32_t start = 0;             // UTF-16 offsets
  uint32_t end = 0;
  bool subword = false;  // goes on with the word of the token before
  size_t index = 0;      // in the sequence
};

struct Entity {
  std::string label;  // of a token; of joined ones without B- or I-
  float score = 0.0F;
  std::string word;
  uint32_t start = 0;
  uint32_t end = 0;
  size_t index = 0;  // of a single token
};

/// @param labels  [num_labels]
std::vector<Entity> entities_of(const std::vector<ScoredToken>& tokens,
                                const std::vector<std::string>& labels, Aggregation strategy,
                                const Tokenizer& tokenizer);

/// What several windows found, where they overlap: of entities one on the other the longest stays,
/// of those the surest.
std::vector<Entity> without_overlaps(std::vector<Entity> entities);

}  // namespace dragoman
