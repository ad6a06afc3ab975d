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
constexpr double kMacsPerMicrosecond = 25'000.0;

// Bytes to be read before they are wanted, a step an input: WebAssembly has no other prefetch.
struct Ahead {
  const char* bytes;
  int step;
};

// kRows rows by kVectors * 4 columns, from the panel's vector `first` on. Not inlined: V8 would
// keep the callers' values in registers and spill the sums.
template <int kRows, int kVectors, bool kAhead = false>
[[gnu::noinline]] void f32_tile(const F32PanelTask& task, int row, int first, Ahead ahead = {}) {
  F32x4 sums[size_t{kRows}][size_t{kVectors}];
  const float* x[size_t{kRows}];
  float* tile = task.tile + row * kPanelColumns + 4 * first;
  for (int r = 0; r < kRows; ++r) {
    x[r] = task.rows + static_cast<ptrdiff_t>(row + r) * task.row_stride;
    for (int j = 0; j < kVectors; ++j) {
      sums[r][j] = task.accumulate ? load(tile + r * kPanelColumns + 4 * j) : splat(0.0F);
    }
  }
  const float* panel = task.panel + 4 * first;
#pragma GCC unroll 1
  for (int i = 0; i < task.inputs; ++i) {
    F32x4 weights[size_t{kVectors}];
    for (int j = 0; j < kVectors; ++j) weights[j] = load(panel + 4 * j);
    for (int r = 0; r < kRows; ++r) {
      const F32x4 input = load_splat(x[r] + i);
      for (int j = 0; j < kVectors; ++j) sums[r][j] = madd(input, weights[j], sums[r][j]);
    }
    panel += kPanelColumns;
    if constexpr (kAhead) {
      static_cast<void>(*reinterpret_cast<const volatile char*>(ahead.bytes));
      ahead.bytes += ahead.step;
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < kVectors; ++j) store(tile + r * kPanelColumns + 4 * j, sums[r][j]);
  }
}

// One row with two panels: a single panel's four sums would wait for each other.
[[gnu::noinline]] void f32_row_of_two(const F32PanelTask& task, const float* second) {
  F32x4 sums[8];
  for (int j = 0; j < 8; ++j) sums[j] = task.accumulate ? load(task.tile + 4 * j) : splat(0.0F);
  const float* first = task.panel;
#pragma GCC unroll 1
  for (int i = 0; i < task.inputs; ++i) {
    const F32x4 input = load_splat(task.rows + i);
    for (int j = 0; j < 4; ++j) sums[j] = madd(input, load(first + 4 * j), sums[j]);
    for (int j = 0; j < 4; ++j) sums[4 + j] = madd(input, load(second + 4 * j), sums[4 + j]);
    first += kPanelColumns;
    second += kPanelColumns;
  }
  for (int j = 0; j < 8; ++j) store(task.tile + 4 * j, sums[j]);
}

// What the tiles of one product share.
struct Product {
  View<const float> x;
  const F32Matrix& weights;
  const Epilogue& epilogue;
  View<float> out;

  const float* panel_at(int panel) const {
    return weights.panels + static_cast<ptrdiff_t>(panel) * weights.k * kPanelColumns;
  }

  void run_panels(Part panels, int first_row, int row_count) const {
    alignas(64) float tile[kTileRows * kPanelColumns];
    int panel = panels.first;
    for (; row_count == 1 && panel + 2 <= panels.last; panel += 2) {
      multiply(first_row, 1, panel, tile, [this](const F32PanelTask& task) {
        const ptrdiff_t apart = static_cast<ptrdiff_t>(weights.k) * kPanelColumns;
        f32_row_of_two(task, task.panel + apart);
      });
      finish({first_row, 1, panel}, tile);
      finish({first_row, 1, panel + 1}, tile + kPanelColumns);
    }
    for (; panel < panels.last; ++panel) {
      multiply(first_row, row_count, panel, tile, f32_panel);
      finish({first_row, row_count, panel}, tile);
    }
  }

  // Blocks of k in rising order; run(task) adds one to `tile`.
  template <typename Run>
  void multiply(int first_row, int row_count, int panel, float* tile, const Run& run) const {
    F32PanelTask task{.rows = x.row(first_row),
                      .row_stride = x.stride,
                      .row_count = row_count,
                      .panel = panel_at(panel),
                      .inputs = 0,
                      .accumulate = false,
                      .tile = tile};
    for (int first = 0; first < weights.k; first += kBlockInputs) {
      task.inputs = std::min(kBlockInputs, weights.k - first);
      // What follows in memory is the next block or panel.
      const int64_t end = panel * int64_t{weights.k} + first + 2 * int64_t{task.inputs};
      const bool follows =
          end <= int64_t{weights.k} * round_up(weights.n, kPanelColumns) / kPanelColumns;
      task.next = follows ? task.panel + ptrdiff_t{task.inputs} * kPanelColumns : nullptr;
      run(task);
      task.rows += task.inputs;
      task.panel += static_cast<ptrdiff_t>(task.inputs) * kPanelColumns;
      task.accumulate = true;
    }
  }

  void finish(const TilePlace& place, float* tile) const {
    store_tile(place, epilogue, out, tile, [=, this](int p) {
      const PanelBias bias(weights.bias, place.panel + p);
      return [=](int r) {
        return [=](int j) { return load(tile + (p + r) * kPanelColumns + 4 * j) + bias.at[j]; };
      };
    });
  }
};

}  // namespace

void f32_panel(const F32PanelTask& task) {
  int row = 0;
#if DRAGOMAN_RELAXED_DOT
  // Twelve sums hide the latency of a fused multiplication and addition; half a panel at a time,
  // so that all operands stay in V8's 15 registers. Engines without relaxed SIMD prefer the pairs.
  // The first of these passes waits for the panel; the others, if there are some, bring the next
  // one nearer, each a share of every line.
  const int passes_after = task.row_count / 6 * 2 - 1;
  const bool is_ahead = task.next != nullptr && passes_after > 1;
  const int line = kPanelColumns * int{sizeof(float)};
  Ahead ahead{reinterpret_cast<const char*>(task.next), line / std::max(passes_after, 1)};
  for (; row + 6 <= task.row_count; row += 6) {
    for (const int half : {0, 2}) {
      if (!is_ahead || row + half == 0) {
        f32_tile<6, 2>(task, row, half);
      } else {
        f32_tile<6, 2, true>(task, row, half, ahead);
        ahead.bytes += ptrdiff_t{ahead.step} * task.inputs;
      }
    }
  }
#endif
  for (; row + 2 <= task.row_count; row += 2) f32_tile<2, 4>(task, row, 0);
  if (row < task.row_count) f32_tile<1, 4>(task, row, 0);
}

void linear(const Context& context, View<const float> x, const F32Matrix& weights,
            const Epilogue& epilogue, View<float> out) {
  assert(x.cols == weights.k && out.cols == weights.n && out.rows == x.rows);
  if (x.rows == 0) return;
  const Product product{x, weights, epilogue, out};
  run_tiles(context, {x.rows, weights.k, weights.n, kMacsPerMicrosecond},
            [&](Part panels, int first_row, int row_count) {
              product.run_panels(panels, first_row, row_count);
            });
}

}  // namespace dragoman
