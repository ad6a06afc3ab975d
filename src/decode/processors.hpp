// Rules that change the scores of the next token before one is chosen: the logits processors of
// Python `transformers` 4.57, with their semantics and in their order
// (GenerationMixin._get_logits_processor, generation/logits_process.py). The last one,
// renormalize_logits, is a pass over all rows of a step: see search.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/generation_config.hpp"

namespace dragoman {

class LogitsProcessors {
 public:
  /// @param vocab_size     entries of a row of scores
  /// @param prompt_length  tokens that every sequence is given to begin with
  LogitsProcessors(const GenerationConfig& config, int vocab_size, int prompt_length);

  /// False when apply() leaves every row of sequences of `length` tokens as it is.
  bool active(size_t length) const;
  /// True when the next token of a sequence of `length` tokens is set, whatever its score.
  bool forces(size_t length) const;

  /// @param ids     the sequence so far, its prompt included
  /// @param source  ids of the encoder, empty for a decoder alone
  /// @param scores  [vocab_size], changed in place: log-probabilities in beam search, logits in
  ///                greedy search
  void apply(std::span<const int32_t> ids, std::span<const int32_t> source,
             std::span<float> scores);

 private:
  void add_sequence_bias(std::span<const int32_t> ids, std::span<float> scores);
  void penalise(std::span<const int32_t> ids, float penalty, std::span<float> scores);
  void ban_words(std::span<const int32_t> ids, std::span<float> scores) const;
  void force(std::span<const int32_t> ids, std::span<float> scores) const;
  void favour_end(std::span<const int32_t> ids, std::span<float> scores) const;

  GenerationConfig config_;
  size_t prompt_length_;
  size_t max_length_;
  size_t min_length_;
  size_t begin_index_;                           // length at which begin_suppress_tokens are banned
  std::vector<std::vector<int32_t>> bad_words_;  // but for those that are an end token alone
  std::vector<SequenceBias> biases_;             // single tokens first
  struct TokenBias {
    int32_t token;
    float bias;
  };
  std::vector<TokenBias> token_biases_;  // scratch
  std::vector<float> values_;            // scratch
};

}  // namespace dragoman
