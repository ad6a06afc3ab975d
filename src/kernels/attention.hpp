// Scaled dot-product attention in f32 (Vaswani et al. 2017), for one or many sequences.
#pragma once

#include <cstdint>
#include <span>

#include "base/context.hpp"
#include "kernels/score_terms.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// One sequence's share of a ragged batch.
struct AttentionItem {
  View<const float> query;  // [query_rows, heads * head_dim]
  View<const float> key;    // [key_rows, key heads * head_dim]
  View<const float> value;  // [key_rows, key heads * head_dim]
  View<float> out;          // [query_rows, heads * head_dim]
  // [heads * query_rows, key_rows], to be filled with what softmax gives; or empty.
  View<float> probabilities = {};
};

/// Every query row sees every key row of its own item, or those that `terms` allow; at least one.
/// Several heads of queries may share one of keys and values (Ainslie et al. 2023).
/// Items are independent and may have any lengths. Scores are held for a few rows at a time.
/// @param scale  multiplies the products, usually 1 / sqrt(head_dim)
void attention(const Context& context, std::span<const AttentionItem> items, int heads, float scale,
               const ScoreTerms& terms = {});

/// One query against keys and values that lie scattered in a cache.
struct GatheredAttentionItem {
  const float* query;                // [heads * head_dim]
  std::span<const int32_t> entries;  // rows of the cache, oldest first
  float* out;                        // [heads * head_dim]
};

struct GatheredShape {
  int heads = 0;     // of queries
  int head_dim = 0;  // columns of keys and values tell how many heads those have
  float scale = 1.0F;
  /// Added to scaled scores: as ScoreTerms::bias, its reach at least the longest history less one.
  View<const float> bias = {};
};

/// @param keys, values  [cache rows, key heads * head_dim]
void gathered_attention(const Context& context, std::span<const GatheredAttentionItem> items,
                        View<const float> keys, View<const float> values,
                        const GatheredShape& shape);

}  // namespace dragoman
