// What happens to a finished tile of a product: activation, residual, storing.
#pragma once

#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

/// What a tile is and where it lies in the output.
struct TilePlace {
  int first_row;
  int row_count;
  int panel;
  int panel_count = 1;  // of which more than one only where there is one row
  int columns() const { return panel_count * kPanelColumns; }
};

/// Stores the columns of a tile. @param values  [row_count, place.columns()], before the
/// activation; overwritten
void finish_tile(float* values, const TilePlace& place, const Epilogue& epilogue, View<float> out);

/// Whether a tile's values may be stored as they are computed, without an activation or padding.
inline bool stores_directly(const TilePlace& place, const Epilogue& epilogue, View<float> out) {
  return epilogue.activation == Activation::kNone &&
         place.panel * kPanelColumns + place.columns() <= out.cols;
}

/// Ends a tile. @param column  column(j) gives a function of a row that gives four values from
/// column j of the tile on, before the activation   @param scratch  [row_count, columns]
template <typename Column>
DRAGOMAN_SIMD void store_tile(const TilePlace& place, const Epilogue& epilogue, View<float> out,
                              float* scratch, const Column& column) {
  const bool direct = stores_directly(place, epilogue, out);
  const View<const float> residual = epilogue.residual;
  const ptrdiff_t first = static_cast<ptrdiff_t>(place.panel) * kPanelColumns;
  // A few rows at a time: of many, often a power of two apart, the first-level cache would lose
  // the lines before the next four columns are written to them.
  constexpr int kRowsAtOnce = 8;
  for (int top = 0; top < place.row_count; top += kRowsAtOnce) {
    const int end = top + kRowsAtOnce < place.row_count ? top + kRowsAtOnce : place.row_count;
    for (int j = 0; j < place.columns(); j += 4) {
      const auto value = column(j);
      if (!direct) {
        for (int r = top; r < end; ++r) simd::store(scratch + r * kPanelColumns + j, value(r));
      } else if (residual.data == nullptr) {
        float* to = out.row(place.first_row) + first + j;
        for (int r = top; r < end; ++r) simd::store(to + r * ptrdiff_t{out.stride}, value(r));
      } else {
        for (int r = top; r < end; ++r) {
          const int row = place.first_row + r;
          const simd::F32x4 before = simd::load(residual.row(row) + first + j);
          simd::store(out.row(row) + first + j, value(r) + before);
        }
      }
    }
  }
  if (!direct) finish_tile(scratch, place, epilogue, out);
}

/// How a product is divided among threads.
struct TilePlan {
  int row_blocks = 1;
  int panel_ranges = 1;
  int tiles() const { return row_blocks * panel_ranges; }
};
/// @param microseconds  what all of it takes one thread   @param rows, panels  of the output
TilePlan plan_tiles(const ThreadPool& pool, double microseconds, int rows, int panels);

/// Part `index` of `count` of [0, total).
struct Part {
  int first;
  int last;
};
constexpr Part part_of(int total, int index, int count) {
  const auto at = [=](int i) { return static_cast<int>(static_cast<int64_t>(total) * i / count); };
  return {at(index), at(index + 1)};
}

/// A product's size, and how many multiplications one thread does in a microsecond, about.
struct ProductSize {
  int rows;
  int inputs;
  int outputs;
  double rate;
};

/// Calls run(panels, first_row, row_count) for every tile, on the pool where that is worth it.
template <typename Run>
void run_tiles(const Context& context, const ProductSize& size, const Run& run) {
  const int panels = round_up(size.outputs, kPanelColumns) / kPanelColumns;
  const int64_t macs = static_cast<int64_t>(size.rows) * size.inputs * size.outputs;
  const double microseconds = static_cast<double>(macs) / size.rate;
  const TilePlan plan = plan_tiles(context.pool, microseconds, size.rows, panels);
  const auto body = [&](int tile, int) {
    const int first_row = tile / plan.panel_ranges * kTileRows;
    const int left = size.rows - first_row;
    run(part_of(panels, tile % plan.panel_ranges, plan.panel_ranges), first_row,
        left < kTileRows ? left : kTileRows);
  };
  context.pool.run(plan.tiles(), microseconds, body);
  context.pool.did(macs);
}

}  // namespace dragoman
