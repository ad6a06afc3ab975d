// What happens to a finished tile of a product: activation, residual, storing.
#pragma once

#include "kernels/gemm.hpp"

namespace dragoman {

/// Stores 16 columns of some rows. @param tile  [rows, 16], overwritten
/// @param first_row, panel  where the tile lies in `out`
void finish_tile(float* tile, int rows, int first_row, int panel, const Epilogue& epilogue,
                 View<float> out);

/// How a product is divided among threads.
struct TilePlan {
  int row_blocks = 1;
  int panel_ranges = 1;
  int tiles() const { return row_blocks * panel_ranges; }
};
/// @param macs  multiplications in all   @param rows, panels  of the output
TilePlan plan_tiles(const ThreadPool& pool, int64_t macs, int64_t macs_worth_sharing, int rows,
                    int panels);

/// Part `index` of `count` of [0, total).
struct Part {
  int first;
  int last;
};
constexpr Part part_of(int total, int index, int count) {
  const auto at = [=](int i) {
    return static_cast<int>(static_cast<int64_t>(total) * i / count);
  };
  return {at(index), at(index + 1)};
}

}  // namespace dragoman
