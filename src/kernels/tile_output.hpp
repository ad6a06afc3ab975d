// What happens to a finished tile of a product: activation, residual, storing.
#pragma once

#include "kernels/gemm.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

/// What a tile is and where it lies in the output.
struct TilePlace {
  int first_row;
  int row_count;
  int panel;
};

/// Stores the 16 columns of a panel. @param values  [row_count, 16], before the activation;
/// overwritten
void finish_tile(float* values, const TilePlace& place, const Epilogue& epilogue, View<float> out);

/// Whether a panel's values may be stored as they are computed, without an activation or padding.
inline bool stores_directly(const TilePlace& place, const Epilogue& epilogue, View<float> out) {
  return epilogue.activation == Activation::kNone && (place.panel + 1) * kPanelColumns <= out.cols;
}

/// Ends a tile. @param column  column(j) gives a function of a row that gives four values from
/// column j of the panel on, before the activation   @param scratch  [row_count, 16]
template <typename Column>
DRAGOMAN_SIMD void store_tile(const TilePlace& place, const Epilogue& epilogue, View<float> out,
                              float* scratch, const Column& column) {
  const bool direct = stores_directly(place, epilogue, out);
  const View<const float> residual = epilogue.residual;
  const ptrdiff_t first = static_cast<ptrdiff_t>(place.panel) * kPanelColumns;
  for (int j = 0; j < kPanelColumns; j += 4) {
    const auto value = column(j);
    if (!direct) {
      for (int r = 0; r < place.row_count; ++r) {
        simd::store(scratch + r * kPanelColumns + j, value(r));
      }
    } else if (residual.data == nullptr) {
      for (int r = 0; r < place.row_count; ++r) {
        simd::store(out.row(place.first_row + r) + first + j, value(r));
      }
    } else {
      for (int r = 0; r < place.row_count; ++r) {
        const int row = place.first_row + r;
        simd::store(out.row(row) + first + j, value(r) + simd::load(residual.row(row) + first + j));
      }
    }
  }
  if (!direct) finish_tile(scratch, place, epilogue, out);
}

/// How a product is divided among threads.
struct TilePlan {
  int row_blocks = 1;
  int panel_ranges = 1;
  bool is_shared = false;  // worth the pool
  int tiles() const { return row_blocks * panel_ranges; }
};
/// @param macs  multiplications in all   @param rows, panels  of the output
/// @param macs_worth_waking  what takes one thread about 30 microseconds
TilePlan plan_tiles(const ThreadPool& pool, int64_t macs, int64_t macs_worth_waking, int rows,
                    int panels);

/// Part `index` of `count` of [0, total).
struct Part {
  int first;
  int last;
};
constexpr Part part_of(int total, int index, int count) {
  const auto at = [=](int i) { return static_cast<int>(static_cast<int64_t>(total) * i / count); };
  return {at(index), at(index + 1)};
}

}  // namespace dragoman
