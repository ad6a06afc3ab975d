// Multi-head attention with its projections (Vaswani et al. 2017): over the rows of a ragged
// batch, over a cache of earlier rows, and over encoded sources.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/context.hpp"
#include "kernels/attention.hpp"
#include "nn/kv_cache.hpp"
#include "nn/linear.hpp"
#include "nn/norm.hpp"
#include "nn/rotary.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// Disentangled attention (He et al. 2020): vectors of relative positions take part in scores.
struct Disentangled {
  bool content_to_position = false;  // the query meets the position's key
  bool position_to_content = false;  // the key meets the position's query
  bool shared = false;               // projections of positions are those of the content
  bool any() const { return content_to_position || position_to_content; }
};

struct AttentionShape {
  int hidden_size = 0;
  int heads = 0;
  int head_dim = 0;  // 0: hidden_size / heads
  int kv_heads = 0;  // 0: heads; fewer are shared by heads of queries
  bool bias = true;
  bool output_bias = true;
  bool scaled = true;    // by 1 / sqrt(head_dim)
  float qk_norm = 0.0F;  // epsilon of root mean square norms of every query and key; 0: none
  Disentangled disentangled = {};
  int scale_factor = 1;  // scores are divided by sqrt(scale_factor * head_dim)

  int dim() const { return head_dim > 0 ? head_dim : hidden_size / heads; }
  /// Columns of queries.
  int width() const { return heads * dim(); }
  /// Columns of keys, and of values.
  int key_width() const { return (kv_heads > 0 ? kv_heads : heads) * dim(); }
  float scale() const;
};

/// What attention over a cache is given besides its rows.
struct CachedAttentionInput {
  /// Per row the cache entries it sees, oldest first, its own last.
  std::span<const std::span<const int32_t>> histories;
  KvCache& cache;
  int layer = 0;
  View<const float> bias = {};  // see GatheredShape
  const Rotary* rotary = nullptr;
  int window = -1;  // not negative: a row sees no entry further back than this
};

/// New tokens of several histories, taken in together.
struct PrefillInput {
  std::span<const int> offsets;  // first row of each history's, then the number of rows
  /// Per history its entries, oldest first; the rows' own last.
  std::span<const std::span<const int32_t>> histories;
  KvCache& cache;
  int layer = 0;
  const Rotary* rotary = nullptr;
  int window = -1;
};

/// What self-attention is given besides its rows.
struct AttentionInput {
  std::span<const int> offsets;  // first row of each sequence, then the number of rows
  const Rotary* rotary = nullptr;
  ScoreTerms terms = {};  // without vectors of positions: they are made of the next
  /// [positions, hidden_size]: those that terms.position_of names.
  View<const float> positions = {};
  // Per sequence [heads * its rows, its rows], to be filled with what softmax gives; or empty.
  std::span<const View<float>> probabilities = {};
};

/// Queries, keys and values come from the same rows.
class SelfAttention {
 public:
  SelfAttention(const AttentionShape& shape, WeightType type);

  /// Query, key and value projections as one matrix, in this order of output ranges.
  Linear& qkv() { return qkv_; }
  Linear& output() { return output_; }
  /// Of disentangled attention that does not share them.
  Linear& position_key() { return *position_key_; }
  Linear& position_query() { return *position_query_; }
  LayerNorm& query_norm() { return *query_norm_; }
  LayerNorm& key_norm() { return *key_norm_; }
  size_t packed_bytes() const;

  /// out += attention(x); every row sees its whole sequence.
  /// @param x    [rows, hidden_size], sequences one after the other
  /// @param out  [rows, hidden_size], may be `x`
  void forward(const Context& context, View<const float> x, const AttentionInput& input,
               View<float> out) const;

  /// out += attention(x) where row i is the newest of history i and sees that history. Writes the
  /// rows' keys and values to the cache first.
  /// @param x  [rows, hidden_size]
  void forward_cached(const Context& context, View<const float> x,
                      const CachedAttentionInput& input, View<float> out) const;

  /// out += attention(x) where every row sees its history up to itself. Writes the rows' keys and
  /// values to the cache.
  /// @param x  [rows, hidden_size]
  void prefill(const Context& context, View<const float> x, const PrefillInput& input,
               View<float> out) const;

 private:
  View<float> project(const Context& context, View<const float> x) const;
  ScoreTerms project_positions(const Context& context, const AttentionInput& input) const;

  Linear qkv_;
  Linear output_;
  std::optional<Linear> position_key_;
  std::optional<Linear> position_query_;
  std::optional<LayerNorm> query_norm_;
  std::optional<LayerNorm> key_norm_;
  Disentangled disentangled_;
  int key_width_;
  int heads_;
  float scale_;
};

/// Keys and values of one encoded source for one decoder layer, and the rows that ask about it.
struct CrossAttentionItem {
  int first_row = 0;  // of the rows in this step
  int rows = 0;
  View<const float> keys_values;  // [source length, 2 * width]: keys, then values
};

/// Queries come from the decoder, keys and values from an encoded source.
class CrossAttention {
 public:
  CrossAttention(const AttentionShape& shape, WeightType type);

  Linear& query() { return query_; }
  /// Key and value projections as one matrix, in this order of output ranges.
  Linear& keys_values() { return keys_values_; }
  Linear& output() { return output_; }
  size_t packed_bytes() const;

  /// Done once per source and layer.
  /// @param encoded  [rows, hidden_size]    @param out  [rows, 2 * width]
  void project(const Context& context, View<const float> encoded, View<float> out) const;

  /// out += attention(x)
  /// @param x, out  [rows, hidden_size], may be the same
  /// @param items   cover every row once
  void forward(const Context& context, View<const float> x,
               std::span<const CrossAttentionItem> items, View<float> out) const;

 private:
  Linear query_;
  Linear keys_values_;
  Linear output_;
  int heads_;
  float scale_;
};

}  // namespace dragoman
