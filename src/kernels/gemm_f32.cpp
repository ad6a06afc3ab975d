// Products with f32 weights.
#include <algorithm>
#include <cassert>

#include "kernels/f32_tiles.hpp"
#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/simd.hpp"
#include "kernels/tile_output.hpp"

namespace dragoman {

namespace {

using namespace simd;

// Inputs of a panel taken at once: 64 KB, a fraction of a second-level cache.
constexpr int kBlockInputs = 1024;
constexpr int64_t kMacsWorthWaking = 750'000;
constexpr int64_t kMacsWorthSharing = 100'000;

template <int kRows>
DRAGOMAN_SIMD void f32_tile(const F32PanelTask& task, int row) {
  F32x4 sums[size_t{kRows}][4];
  const float* x[size_t{kRows}];
  for (int r = 0; r < kRows; ++r) {
    x[r] = task.rows + static_cast<ptrdiff_t>(row + r) * task.row_stride;
    for (int j = 0; j < 4; ++j) {
      const float* tile = task.tile + (row + r) * kPanelColumns + 4 * j;
      sums[r][j] = task.accumulate ? load(tile) : splat(0.0F);
    }
  }
  const float* panel = task.panel;
#pragma GCC unroll 1
  for (int i = 0; i < task.inputs; ++i) {
    F32x4 weights[4];
    for (int j = 0; j < 4; ++j) weights[j] = load(panel + 4 * j);
    for (int r = 0; r < kRows; ++r) {
      const F32x4 input = load_splat(x[r] + i);
      for (int j = 0; j < 4; ++j) sums[r][j] = madd(input, weights[j], sums[r][j]);
    }
    panel += kPanelColumns;
  }
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < 4; ++j) {
      store(task.tile + (row + r) * kPanelColumns + 4 * j, sums[r][j]);
    }
  }
}

void add_bias(const float* bias, int rows, float* tile) {
  for (int j = 0; j < kPanelColumns; j += 4) {
    const F32x4 values = load(bias + j);
    for (int row = 0; row < rows; ++row) {
      float* at = tile + row * kPanelColumns + j;
      store(at, load(at) + values);
    }
  }
}

void run_panel(View<const float> x, const F32Matrix& weights, int panel, int first_row,
               int row_count, float* tile) {
  F32PanelTask task{.rows = x.row(first_row),
                    .row_stride = x.stride,
                    .row_count = row_count,
                    .panel = weights.panels +
                             static_cast<ptrdiff_t>(panel) * weights.k * kPanelColumns,
                    .inputs = 0,
                    .accumulate = false,
                    .tile = tile};
  for (int first = 0; first < weights.k; first += kBlockInputs) {
    task.inputs = std::min(kBlockInputs, weights.k - first);
    f32_panel(task);
    task.rows += task.inputs;
    task.panel += static_cast<ptrdiff_t>(task.inputs) * kPanelColumns;
    task.accumulate = true;
  }
  if (weights.bias != nullptr) add_bias(weights.bias + panel * kPanelColumns, row_count, tile);
}

}  // namespace

[[gnu::noinline]] void f32_panel(const F32PanelTask& task) {
  int row = 0;
  for (; row + 2 <= task.row_count; row += 2) f32_tile<2>(task, row);
  if (row < task.row_count) f32_tile<1>(task, row);
}

void linear(const Context& context, View<const float> x, const F32Matrix& weights,
            const Epilogue& epilogue, View<float> out) {
  assert(x.cols == weights.k && out.cols == weights.n && out.rows == x.rows);
  if (x.rows == 0) return;
  const int panels = round_up(weights.n, kPanelColumns) / kPanelColumns;
  const int64_t macs = static_cast<int64_t>(x.rows) * weights.k * weights.n;
  const int64_t enough = context.pool.awake() ? kMacsWorthSharing : kMacsWorthWaking;
  const TilePlan plan = plan_tiles(context.pool, macs, enough, x.rows, panels);
  const auto body = [&](int index, int) {
    alignas(64) float tile[kTileRows * kPanelColumns];
    const int first_row = index / plan.panel_ranges * kTileRows;
    const int row_count = std::min(kTileRows, x.rows - first_row);
    const Part range = part_of(panels, index % plan.panel_ranges, plan.panel_ranges);
    for (int panel = range.first; panel < range.last; ++panel) {
      run_panel(x, weights, panel, first_row, row_count, tile);
      finish_tile(tile, row_count, first_row, panel, epilogue, out);
    }
  };
  if (plan.panel_ranges > 1 || macs >= enough) {
    context.pool.run(plan.tiles(), body);
  } else {
    for (int tile = 0; tile < plan.tiles(); ++tile) body(tile, 0);
  }
}

}  // namespace dragoman
