// What the scores of attention depend on besides queries and keys: which keys a row sees, and how
// far apart the two stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/view.hpp"

namespace dragoman {

/// Terms of all items of one attention. Rows of queries and keys are counted from the start of
/// their item; where an item has fewer queries than keys, the last query is as old as the last key.
struct ScoreTerms {
  bool causal = false;  // a query sees no key after itself
  int window = -1;      // not negative: a query sees no key further away than this

  /// Added to scaled scores (Raffel et al. 2020): [heads, 2 * reach + 1], of which column
  /// reach + key row - query row is taken. Or empty.
  View<const float> bias = {};

  /// Disentangled attention (He et al. 2020): vectors of relative positions, to be multiplied with
  /// the query and the key. [positions, heads * head_dim], each or both; or empty.
  View<const float> position_keys = {};
  View<const float> position_queries = {};
  /// [2 * reach + 1]: which of them serves at index reach + query row - key row.
  std::span<const int32_t> position_of = {};

  bool relative() const { return bias.data != nullptr || !position_of.empty(); }
};

/// The relative terms of one head of one item, with the scratch they need. Internal to attention.
class RelativeScores {
 public:
  /// Floats of scratch for an item.
  static size_t scratch(const ScoreTerms& terms, int block_rows, int key_rows, int head_dim);

  /// @param first    first column of the head in the vectors of positions
  /// @param key      [key_rows, head_dim]
  /// @param scratch  kept as long as this
  RelativeScores(const ScoreTerms& terms, int head, int first, View<const float> key, float scale,
                 float* scratch);

  /// Queries of the next rows. @param query  [at most block_rows, head_dim]
  void begin_block(View<const float> query);
  /// scores[j] += terms of query row and key row j, for j in [begin, end)
  /// @param block_row  of the queries given to begin_block()
  /// @param position   row of the key that is as old as the query
  void add(int block_row, int position, int begin, int end, float* scores) const;

 private:
  const ScoreTerms& terms_;
  View<const float> key_;
  int head_;
  float scale_;
  int columns_ = 0;            // positions, rounded up to panels
  float* panels_ = nullptr;    // position keys of the head
  float* by_query_ = nullptr;  // [block_rows, columns]
  float* by_key_ = nullptr;    // [key_rows, columns]
};

}  // namespace dragoman
