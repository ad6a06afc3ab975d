// Relative terms: products with the vectors of positions, then a gather by distance.
#include "kernels/score_terms.hpp"

#include <algorithm>

#include "kernels/f32_tiles.hpp"
#include "kernels/head_panels.hpp"
#include "kernels/packing.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

namespace {

constexpr int kRowsAtOnce = 32;

int padded(View<const float> positions) {
  return positions.data == nullptr ? 0 : round_up(positions.rows, kPanelColumns);
}

// out[r, p] = rows[r] . position p  @param out  [rows, columns]
void multiply_positions(View<const float> rows, const float* panels, int columns, float* out) {
  alignas(64) float tile[kRowsAtOnce * kPanelColumns];
  for (int first = 0; first < rows.rows; first += kRowsAtOnce) {
    const int count = std::min(kRowsAtOnce, rows.rows - first);
    for (int column = 0; column < columns; column += kPanelColumns) {
      f32_panel({.rows = rows.row(first),
                 .row_stride = rows.stride,
                 .row_count = count,
                 .panel = panels + static_cast<ptrdiff_t>(column) * rows.cols,
                 .inputs = rows.cols,
                 .accumulate = false,
                 .tile = tile});
      for (int row = 0; row < count; ++row) {
        std::copy_n(tile + row * kPanelColumns, kPanelColumns,
                    out + static_cast<ptrdiff_t>(first + row) * columns + column);
      }
    }
  }
}

}  // namespace

size_t RelativeScores::scratch(const ScoreTerms& terms, int block_rows, int key_rows,
                               int head_dim) {
  const auto width = static_cast<size_t>(head_dim);
  const auto by_query = static_cast<size_t>(padded(terms.position_keys));
  const auto by_key = static_cast<size_t>(padded(terms.position_queries));
  // The panels of position queries are needed only while their products are made.
  return std::max(by_query, by_key) * width + by_query * static_cast<size_t>(block_rows) +
         by_key * static_cast<size_t>(key_rows);
}

RelativeScores::RelativeScores(const ScoreTerms& terms, int head, int first, View<const float> key,
                               float scale, float* scratch)
    : terms_(terms), key_(key), head_(head), scale_(scale), panels_(scratch) {
  const int by_query = padded(terms.position_keys);
  const int by_key = padded(terms.position_queries);
  columns_ = std::max(by_query, by_key);
  float* rest = panels_ + static_cast<ptrdiff_t>(columns_) * key.cols;
  if (by_key > 0) {
    by_key_ = rest;
    rest += static_cast<ptrdiff_t>(by_key) * key.rows;
    pack_keys(terms.position_queries.columns(first, key.cols), by_key, panels_);
    multiply_positions(key, panels_, by_key, by_key_);
  }
  if (by_query > 0) {
    by_query_ = rest;
    pack_keys(terms.position_keys.columns(first, key.cols), by_query, panels_);
  }
}

void RelativeScores::begin_block(View<const float> query) {
  if (by_query_ != nullptr) multiply_positions(query, panels_, columns_, by_query_);
}

void RelativeScores::add(int block_row, int position, int begin, int end, float* scores) const {
  if (terms_.bias.data != nullptr) {
    const int reach = terms_.bias.cols / 2;
    const float* bias = terms_.bias.row(head_) + reach - position;
    const auto count = static_cast<size_t>(end - begin);
    dragoman::add({bias + begin, count}, {scores + begin, count});
  }
  if (by_query_ == nullptr && by_key_ == nullptr) return;
  const auto reach = static_cast<int>(terms_.position_of.size() / 2);
  const int32_t* of = terms_.position_of.data() + reach + position;
  const float* products = by_query_ + static_cast<ptrdiff_t>(block_row) * columns_;
  for (int j = begin; by_query_ != nullptr && j < end; ++j) {
    scores[j] += products[of[-j]] * scale_;
  }
  for (int j = begin; by_key_ != nullptr && j < end; ++j) {
    scores[j] += by_key_[static_cast<ptrdiff_t>(j) * columns_ + of[-j]] * scale_;
  }
}

}  // namespace dragoman
