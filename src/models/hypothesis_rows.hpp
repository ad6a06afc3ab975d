// The rows of a decoding step and the histories behind them, as sessions of all kinds keep them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.hpp"
#include "models/seq2seq.hpp"
#include "nn/kv_cache.hpp"

namespace dragoman {

class HypothesisRows {
 public:
  /// As KvCache has them.
  HypothesisRows(int layers, int width, int head_dim = 0) : cache_(layers, width, head_dim) {}

  KvCache& cache() { return cache_; }
  const KvCache& cache() const { return cache_; }

  /// Throws internal for a parent that is not there or of another source, input-too-long where a
  /// row would be one token too many.
  /// @param roots  as advance() takes them
  void check(std::span<const DecodeRow> rows, std::span<const int32_t> roots,
             int max_positions) const;
  /// Rows of this step take the place of those of the last, and entries of the cache with them.
  /// @param roots  per row, the entry that it extends if it has no parent; or -1
  void advance(std::span<const DecodeRow> rows, std::span<const int32_t> roots);
  /// Lists what each row sees. @returns views that hold as long as the arena's memory
  std::span<const std::span<const int32_t>> histories(const Context& context);
  /// Tokens before row `index` in its history.
  int position(size_t index) const { return cache_.length(rows_[index].entry) - 1; }
  /// The source of a row.
  int32_t source(size_t index) const { return rows_[index].source; }
  size_t size() const { return rows_.size(); }
  /// The entry of a source's only row; -1 where it has none, or several.
  int32_t only_entry(int32_t source) const;
  /// Frees the caches of the rows of a source.
  void drop(int32_t source);

 private:
  size_t tokens_before(const DecodeRow& row, int32_t root) const;

  struct LiveRow {
    int32_t source;
    int32_t entry;  // of the cache, held by this row; -1 once dropped
  };
  KvCache cache_;
  std::vector<LiveRow> rows_;       // of the last step
  std::vector<LiveRow> next_rows_;  // scratch of a step; kept so that steps do not allocate
  std::vector<std::span<const int32_t>> histories_;
};

}  // namespace dragoman
