// Construction from the configuration; the layers are those of an encoder, seen one way only.
#include "models/causal_parts.hpp"

#include <cmath>

namespace dragoman {

namespace {

TransformerConfig as_encoder(TransformerConfig config) {
  config.encoder = config.decoder;
  return config;
}

}  // namespace

CausalParts::CausalParts(const TransformerConfig& given, WeightType type)
    : config(given),
      norm(config.hidden_size, config.norm_epsilon, config.norm_kind, config.norm_offset),
      output(config.hidden_size, config.vocab_size, table_type(type), OperandRole::kWeights7,
             false) {
  const TransformerConfig shape = as_encoder(config);
  layers.reserve(static_cast<size_t>(config.decoder.layers));
  for (int i = 0; i < config.decoder.layers; ++i) layers.emplace_back(shape, i, type);
  if (!config.tie_embeddings)
    words.emplace(config.vocab_size, config.hidden_size, table_type(type));
  if (config.positions == Positions::kLearned) {
    positions.emplace(config.max_positions, config.hidden_size, table_type(type));
  }
  if (config.attention.rotary_divisors) rotary_divisors.emplace(config.head_dim / 2, 1.0F);
}

TokenTable CausalParts::word_table() const {
  const float scale =
      config.scale_embedding ? std::sqrt(static_cast<float>(config.hidden_size)) : 1.0F;
  return words ? TokenTable(&*words, scale) : TokenTable(&output, scale);
}

size_t CausalParts::packed_bytes() const {
  size_t total = norm.packed_bytes() + output.packed_bytes();
  if (words) total += words->packed_bytes();
  if (positions) total += positions->packed_bytes();
  for (const EncoderLayer& layer : layers) {
    total += layer.attention.packed_bytes() + layer.ffn.packed_bytes() +
             layer.ffn_norm.packed_bytes() + layer.attention_norm->packed_bytes();
  }
  return total;
}

}  // namespace dragoman
