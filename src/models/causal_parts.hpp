// The parts of a decoder that continues its own input (GPT, Llama and their kin).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "models/parts.hpp"
#include "nn/slots.hpp"

namespace dragoman {

struct CausalParts {
  CausalParts(const TransformerConfig& config, WeightType type);
  size_t packed_bytes() const;
  /// Where tokens take their vectors from: a table, or the output layer they are tied to.
  TokenTable word_table() const;
  Slot* word_slot() { return words ? words->slot() : output.weight_slot(); }

  TransformerConfig config;
  std::optional<Embedding> words;      // absent when the output layer serves
  std::optional<Embedding> positions;  // learned ones
  std::vector<EncoderLayer> layers;
  LayerNorm norm;
  Linear output;
  std::optional<Vector> rotary_divisors;        // [head_dim / 2]
  std::vector<std::unique_ptr<Slot>> adapters;  // of matrices published in another layout
};

}  // namespace dragoman
