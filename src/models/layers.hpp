// Forward computation of one layer of a stack. Both stacks are loops over these two functions, so
// that a caller may stop between layers.
#pragma once

#include <cstdint>
#include <span>

#include "base/context.hpp"
#include "models/config.hpp"
#include "models/parts.hpp"
#include "nn/attention.hpp"
#include "nn/kv_cache.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// @param hidden  [rows, hidden_size], replaced by the layer's output
void run_layer(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
               const AttentionInput& input, View<float> hidden);

/// A decoder without sources: new tokens of histories, or one token of each.
/// @param hidden  [rows, hidden_size], replaced by the layer's output
void run_layer(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
               const PrefillInput& input, View<float> hidden);
void run_layer(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
               const CachedAttentionInput& input, View<float> hidden);

/// What the rows of one decoding step see.
struct DecoderStep {
  std::span<const std::span<const int32_t>> histories;  // per row, its own entry last
  std::span<const CrossAttentionItem> sources;          // cover every row, for this layer
  KvCache& cache;
  View<const float> bias = {};  // of the rows' own attention, see GatheredShape
};

/// @param hidden  [rows, hidden_size], replaced by the layer's output
void run_layer(const Context& context, const DecoderLayer& layer, int index, NormPlace norm_place,
               const DecoderStep& step, View<float> hidden);

}  // namespace dragoman
