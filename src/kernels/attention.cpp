// Attention: blocks of queries through the f32 panel product, few queries by direct sums.
#include "kernels/attention.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/attention_parts.hpp"
#include "kernels/direct_sums.hpp"
#include "kernels/f32_tiles.hpp"
#include "kernels/head_panels.hpp"
#include "kernels/packing.hpp"
#include "kernels/rows.hpp"
#include "kernels/simd.hpp"
#include "kernels/vector_math.hpp"

namespace dragoman {

namespace {

using namespace simd;
using direct_sums::add_weighted;
using direct_sums::dot_products;

// Up to so many queries, bringing keys and values into panels costs more than it saves. The
// choice depends on an item's own shape alone, so that batches do not change results.
constexpr int kFewQueries = 3;
// Query rows whose scores are held at once.
constexpr int kBlockRows = 32;

// One query row, one head, keys and values where they lie.
// @param scores  [count], scratch
template <typename KeyRow, typename ValueRow>
void attend_directly(const float* query, const KeyRow& key, const ValueRow& value, int count,
                     int head_dim, float scale, float* scores, float* out) {
  dot_products(query, key, count, head_dim, scale, scores);
  softmax({scores, static_cast<size_t>(count)});
  std::fill_n(out, head_dim, 0.0F);
  add_weighted(scores, count, value, head_dim, out);
}

// Sizes of an item's panels and scores, in floats.
struct Sizes {
  int key_columns;    // keys, padded
  int value_columns;  // head_dim, padded
  size_t key_panels;
  size_t value_panels;
  size_t scores;
  Sizes(int key_rows, int query_rows, int head_dim)
      : key_columns(round_up(key_rows, kPanelColumns)),
        value_columns(round_up(head_dim, kPanelColumns)),
        key_panels(static_cast<size_t>(key_columns) * static_cast<size_t>(head_dim)),
        value_panels(static_cast<size_t>(key_rows) * static_cast<size_t>(value_columns)),
        scores(static_cast<size_t>(std::min(query_rows, kBlockRows)) *
               static_cast<size_t>(key_columns)) {}
  size_t total() const { return key_panels + value_panels + scores; }
};

// The rows of one head; none when they are not wanted.
View<float> part_of(View<float> probabilities, int head, int rows) {
  if (probabilities.data == nullptr) return {};
  return probabilities.block(head * rows, rows);
}

// Key rows [begin, end).
struct Range {
  int begin;
  int end;
};

// One head of one item.
struct Head {
  View<const float> query;
  View<const float> key;
  View<const float> value;
  View<float> out;
  View<float> probabilities;  // [query rows, key rows] or empty
  float scale;
  const ScoreTerms& terms;
  int index;  // among the heads

  // The key that is as old as a query.
  int position(int row) const { return key.rows - query.rows + row; }

  Range visible(int row) const {
    const int at = position(row);
    Range range{0, key.rows};
    if (terms.causal) range.end = std::max(0, at + 1);
    if (terms.window >= 0) {
      range.begin = std::max(0, at - terms.window);
      range.end = std::min(range.end, at + terms.window + 1);
    }
    return range;
  }

  // Weights times `factor` are the probabilities of a row.
  void keep(int row, const float* weights, float factor) const {
    const auto count = static_cast<size_t>(key.rows);
    if (probabilities.data == nullptr) return;
    dragoman::scale({weights, count}, factor, {probabilities.row(row), count});
  }

  void run_direct(float* scores) const {
    for (int row = 0; row < query.rows; ++row) {
      const Range range = visible(row);
      const auto key_row = [&](int j) { return key.row(range.begin + j); };
      const auto value_row = [&](int j) { return value.row(range.begin + j); };
      if (probabilities.data != nullptr) std::fill(scores, scores + key.rows, 0.0F);
      attend_directly(query.row(row), key_row, value_row, range.end - range.begin, query.cols,
                      scale, scores + range.begin, out.row(row));
      keep(row, scores, 1.0F);
    }
  }

  void run_blocks(float* scratch) const {
    const Sizes sizes(key.rows, query.rows, query.cols);
    float* key_panels = scratch;
    float* value_panels = key_panels + sizes.key_panels;
    float* scores = value_panels + sizes.value_panels;
    pack_keys(key, sizes.key_columns, key_panels);
    pack_values(value, sizes.value_columns, value_panels);
    RelativeScores relative(terms, index, index * query.cols, key, scale, scores + sizes.scores);
    for (int first = 0; first < query.rows; first += kBlockRows) {
      const int rows = std::min(kBlockRows, query.rows - first);
      // What the block sees as a whole, in panels of keys.
      const Range seen{visible(first).begin / kPanelColumns * kPanelColumns,
                       visible(first + rows - 1).end};
      const View<float> block(scores, rows, sizes.key_columns);
      score_block(first, seen, key_panels, block);
      relative.begin_block(query.block(first, rows));
      float factors[kBlockRows];
      for (int row = 0; row < rows; ++row) {
        factors[row] = weigh_row(first, row, seen, relative, block);
      }
      sum_block(first, seen, value_panels, block, factors);
    }
  }

  // scores[r, j] = scale * query . key
  void score_block(int first, Range seen, const float* panels, View<float> scores) const {
    alignas(64) float tile[kBlockRows * kPanelColumns];
    const F32x4 factor = splat(scale);
    for (int column = seen.begin; column < seen.end; column += kPanelColumns) {
      f32_panel({.rows = query.row(first),
                 .row_stride = query.stride,
                 .row_count = scores.rows,
                 .panel = panels + static_cast<ptrdiff_t>(column) * query.cols,
                 .inputs = query.cols,
                 .accumulate = false,
                 .tile = tile});
      for (int row = 0; row < scores.rows; ++row) {
        float* to = scores.row(row) + column;
        for (int j = 0; j < kPanelColumns; j += 4) {
          store(to + j, load(tile + row * kPanelColumns + j) * factor);
        }
      }
    }
  }

  // Scores of a row become weights, 0 where a key is not seen.
  // @returns by what sums of values with these weights are to be multiplied
  float weigh_row(int first, int row, Range seen, const RelativeScores& relative,
                  View<float> scores) const {
    const Range range = visible(first + row);
    float* weights = scores.row(row);
    if (terms.relative()) {
      relative.add(row, position(first + row), range.begin, range.end, weights);
    }
    const float sum =
        exponentiate({weights + range.begin, static_cast<size_t>(range.end - range.begin)});
    const bool kept = probabilities.data != nullptr;
    const float inverse = sum == 0.0F ? 0.0F : 1.0F / sum;
    std::fill(weights + (kept ? 0 : seen.begin), weights + range.begin, 0.0F);
    std::fill(weights + range.end, weights + (kept ? key.rows : seen.end), 0.0F);
    keep(first + row, weights, inverse);
    return inverse;
  }

  // out[r] = factors[r] * sum over j of weights[r, j] * value[j]
  void sum_block(int first, Range seen, const float* panels, View<const float> weights,
                 const float* factors) const {
    alignas(64) float tile[kBlockRows * kPanelColumns];
    for (int column = 0; column < value.cols; column += kPanelColumns) {
      const float* panel = panels + static_cast<ptrdiff_t>(column) * value.rows;
      f32_panel({.rows = weights.data + seen.begin,
                 .row_stride = weights.stride,
                 .row_count = weights.rows,
                 .panel = panel + static_cast<ptrdiff_t>(seen.begin) * kPanelColumns,
                 .inputs = seen.end - seen.begin,
                 .accumulate = false,
                 .tile = tile});
      const int width = std::min(kPanelColumns, value.cols - column);
      for (int row = 0; row < weights.rows; ++row) {
        const auto count = static_cast<size_t>(width);
        dragoman::scale({tile + row * kPanelColumns, count}, factors[row],
                        {out.row(first + row) + column, count});
      }
    }
  }
};

}  // namespace

void attention(const Context& context, std::span<const AttentionItem> items, int heads, float scale,
               const ScoreTerms& terms) {
  const ArenaScope scope(context.arena);
  size_t scratch = 0;
  int64_t macs = 0;
  for (const AttentionItem& item : items) {
    assert(item.query.cols % heads == 0 && item.key.rows == item.value.rows);
    const int width = item.query.cols / heads;
    const Sizes sizes(item.key.rows, item.query.rows, width);
    const size_t relative = RelativeScores::scratch(terms, kBlockRows, item.key.rows, width);
    scratch = std::max(scratch, sizes.total() + relative);
    macs += 2 * static_cast<int64_t>(item.query.rows) * item.key.rows * item.query.cols;
  }
  const auto body = [&](int index, int head_index, float* room) {
    const AttentionItem& item = items[static_cast<size_t>(index)];
    const int width = item.query.cols / heads;
    const int first = head_index * width;
    const int key_first = head_index * item.key.cols / item.query.cols * width;
    const Head head{item.query.columns(first, width),
                    item.key.columns(key_first, width),
                    item.value.columns(key_first, width),
                    item.out.columns(first, width),
                    part_of(item.probabilities, head_index, item.query.rows),
                    scale,
                    terms,
                    head_index};
    if (item.query.rows <= kFewQueries && !terms.relative()) {
      head.run_direct(room);
    } else {
      head.run_blocks(room);
    }
  };
  for_each_part(context, static_cast<int>(items.size()), heads, scratch, macs, body);
}

}  // namespace dragoman
