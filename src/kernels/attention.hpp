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

/// Rows of keys or values in a cache: f32, or int8 with a scale for each head.
struct CachedRows {
  // A view is such rows.
  CachedRows(View<const float> rows) : floats(rows), cols(rows.cols) {}  // NOLINT
  /// @param integers  [rows, cols]   @param head_scales  [rows, cols / head_dim]
  CachedRows(const int8_t* integers, const float* head_scales, int columns)
      : bytes(integers), scales(head_scales), cols(columns) {}
  /// One head of a row. @param scratch  [head_dim], for what is not there as f32
  const float* head(int row, int index, int head_dim, float* scratch) const;

  View<const float> floats;
  const int8_t* bytes = nullptr;
  const float* scales = nullptr;
  int cols;  // key heads * head_dim
};

struct GatheredShape {
  int heads = 0;     // of queries
  int head_dim = 0;  // columns of keys and values tell how many heads those have
  float scale = 1.0F;
  /// Added to scaled scores: as ScoreTerms::bias, its reach at least the longest history less one.
  View<const float> bias = {};
};

void gathered_attention(const Context& context, std::span<const GatheredAttentionItem> items,
                        const CachedRows& keys, const CachedRows& values,
                        const GatheredShape& shape);

}  // namespace dragoman
