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

/// What is added to a panel's columns, four at a time: 0 where there is no bias.
struct PanelBias {
  simd::F32x4 at[4];
  DRAGOMAN_SIMD PanelBias(const float* bias, int panel) {
    for (int j = 0; j < 4; ++j) {
      at[j] =
          bias != nullptr ? simd::load(bias + panel * kPanelColumns + 4 * j) : simd::splat(0.0F);
    }
  }
};

/// Whether a tile's values may be stored as they are computed, without an activation or padding.
inline bool stores_directly(const TilePlace& place, const Epilogue& epilogue, View<float> out) {
  return epilogue.activation == Activation::kNone &&
         place.panel * kPanelColumns + place.columns() <= out.cols;
}

/// Ends a tile, row by row, so that whole cache lines are written.
/// @param panel_at  panel_at(p) gives, of panel p of the tile, a function of a row that gives a
///   function of j that gives the row's values of columns 4j to 4j + 3, before the activation
/// @param scratch  [row_count, columns]
template <typename PanelAt>
DRAGOMAN_SIMD void store_tile(const TilePlace& place, const Epilogue& epilogue, View<float> out,
                              float* scratch, const PanelAt& panel_at) {
  const bool direct = stores_directly(place, epilogue, out);
  const View<const float> residual = epilogue.residual;
  for (int p = 0; p < place.panel_count; ++p) {
    const auto panel = panel_at(p);
    const ptrdiff_t first = static_cast<ptrdiff_t>(place.panel + p) * kPanelColumns;
    for (int r = 0; r < place.row_count; ++r) {
      const auto values = panel(r);
      const int row = place.first_row + r;
      float* to = direct ? out.row(row) + first : scratch + (p + r) * kPanelColumns;
      if (direct && residual.data != nullptr) {
        const float* before = residual.row(row) + first;
        for (int j = 0; j < 4; ++j) {
          simd::store(to + 4 * j, values(j) + simd::load(before + 4 * j));
        }
      } else {
        for (int j = 0; j < 4; ++j) simd::store(to + 4 * j, values(j));
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
