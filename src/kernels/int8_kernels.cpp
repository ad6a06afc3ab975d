// The int8 kernels: tiles of a few rows by 8 or 16 columns, k in groups of 4.
//
// The loops over k are not unrolled and constants come from memory: V8 unrolls by itself and has
// 15 vector registers, so that larger tiles and longer bodies are slower.
#include "kernels/byte_products.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/reference.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

namespace {

using namespace simd;

constexpr int kGroupBytes = kPanelColumns * kGroupInputs;

// The accumulators of a tile: kVectors * 4 of a panel's columns, from vector `first` on.
template <int kRows, int kVectors>
struct Sums {
  I32x4 at[size_t{kRows}][size_t{kVectors}];
};

template <int kRows, int kVectors>
DRAGOMAN_SIMD Sums<kRows, kVectors> load_sums(const PanelTask& task, int row, int first) {
  Sums<kRows, kVectors> sums;
  const int32_t* from = task.sums + row * kPanelColumns + 4 * first;
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < kVectors; ++j) {
      sums.at[r][j] = task.accumulate ? load(from + r * kPanelColumns + 4 * j) : splat(0);
    }
  }
  return sums;
}

template <int kRows, int kVectors>
DRAGOMAN_SIMD void store_sums(const PanelTask& task, int row, int first,
                              const Sums<kRows, kVectors>& sums) {
  int32_t* to = task.sums + row * kPanelColumns + 4 * first;
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < kVectors; ++j) store(to + r * kPanelColumns + 4 * j, sums.at[r][j]);
  }
}

template <typename Element>
DRAGOMAN_SIMD const Element* row_at(const PanelTask& task, int row) {
  return static_cast<const Element*>(task.rows) + static_cast<ptrdiff_t>(row) * task.row_stride;
}

// The task of each panel in turn.
template <typename Run>
DRAGOMAN_SIMD void for_panels(PanelTask task, const Run& run) {
  for (int panel = 0; panel < task.panel_count; ++panel) {
    run(task);
    task.panel += task.groups * kGroupBytes;
    task.sums += task.row_count * kPanelColumns;
  }
}

// Runs `tile` over pairs of rows, and over the last row alone when their number is odd.
template <typename Tile>
DRAGOMAN_SIMD void for_row_pairs(const PanelTask& task, const Tile& tile) {
  int row = 0;
  for (; row + 2 <= task.row_count; row += 2) tile.template run<2>(task, row);
  if (row < task.row_count) tile.template run<1>(task, row);
}

#if DRAGOMAN_RELAXED_DOT

// kRows rows by kVectors * 4 columns, from the panel's vector `first` on.
template <typename Product, OperandRole kRole, int kRows, int kVectors>
[[gnu::noinline]] void byte_tile(const PanelTask& task, int row, int first) {
  const Product product;
  Sums<kRows, kVectors> sums = load_sums<kRows, kVectors>(task, row, first);
  const int8_t* panel = task.panel + 16 * first;
  const int8_t* x[size_t{kRows}];
  for (int r = 0; r < kRows; ++r) x[r] = row_at<int8_t>(task, row + r);
#pragma GCC unroll 1
  for (int group = 0; group < task.groups; ++group) {
    I8x16 weights[size_t{kVectors}];
    for (int j = 0; j < kVectors; ++j) weights[j] = load(panel + 16 * j);
    for (int r = 0; r < kRows; ++r) {
      const I8x16 inputs = load_splat4(x[r] + group * kGroupInputs);
      for (int j = 0; j < kVectors; ++j) {
        multiply<Product, kRole>(product, inputs, weights[j], sums.at[r][j]);
      }
    }
    panel += kGroupBytes;
  }
  store_sums(task, row, first, sums);
}

// One row by one panel, three groups at once: where the product is one instruction, four sums would
// wait for each other. Not three panels at once: weights that no cache holds come fastest in one
// stream, which the hardware reads ahead.
template <OperandRole kRole>
[[gnu::noinline]] void fused_row(const PanelTask& task) {
  constexpr int kAtOnce = 3;
  const Fused product;
  I32x4 sums[size_t{kAtOnce}][4];
  for (auto& group : sums) {
    for (I32x4& sum : group) sum = splat(0);
  }
  const int8_t* x = row_at<int8_t>(task, 0);
  const int8_t* panel = task.panel;
  const auto add_group = [&](I32x4(&to)[4]) {
    const I8x16 inputs = load_splat4(x);
    for (int j = 0; j < 4; ++j) {
      multiply<Fused, kRole>(product, inputs, load(panel + 16 * j), to[j]);
    }
    x += kGroupInputs;
    panel += kGroupBytes;
  };
  int group = 0;
#pragma GCC unroll 1
  for (; group + kAtOnce <= task.groups; group += kAtOnce) {
    for (auto& to : sums) add_group(to);
  }
#pragma GCC unroll 1
  for (; group < task.groups; ++group) add_group(sums[0]);
  for (int j = 0; j < 4; ++j) store(task.sums + 4 * j, sums[0][j] + sums[1][j] + sums[2][j]);
}

template <OperandRole kRole>
[[gnu::noinline]] void split_panel(const PanelTask& task) {
  for_panels(task, [](const PanelTask& panel) {
    int row = 0;
    for (; row + 2 <= panel.row_count; row += 2) byte_tile<Split, kRole, 2, 4>(panel, row, 0);
    if (row < panel.row_count) byte_tile<Split, kRole, 1, 4>(panel, row, 0);
  });
}

// Tiles of twelve sums hide the latency of the one instruction, which is about five cycles at two
// a cycle. Tall ones take half a panel, so that all operands stay in V8's 15 registers.
template <OperandRole kRole>
[[gnu::noinline]] void fused_panel(const PanelTask& task) {
  if (task.row_count == 1 && !task.accumulate) return for_panels(task, fused_row<kRole>);
  for_panels(task, [](const PanelTask& panel) {
    int row = 0;
    for (; row + 6 <= panel.row_count; row += 6) {
      for (const int half : {0, 2}) byte_tile<Fused, kRole, 6, 2>(panel, row, half);
    }
    for (; row + 4 <= panel.row_count; row += 4) {
      for (const int half : {0, 2}) byte_tile<Fused, kRole, 4, 2>(panel, row, half);
    }
    for (; row + 2 <= panel.row_count; row += 2) byte_tile<Fused, kRole, 2, 4>(panel, row, 0);
    if (row < panel.row_count) byte_tile<Fused, kRole, 1, 4>(panel, row, 0);
  });
}

#endif  // DRAGOMAN_RELAXED_DOT

// One row: weights are widened as they are loaded. A column's four products come out as two sums
// in neighbouring lanes, so there are eight accumulators, added up at the end. Not inlined: V8
// would keep the callers' values in registers and spill the accumulators.
[[gnu::noinline]] void widened_row(const PanelTask& task, int row) {
  Sums<1, 4> sums = load_sums<1, 4>(task, row, 0);
  I32x4 halves[8];
  for (I32x4& half : halves) half = splat(0);
  const int16_t* x = row_at<int16_t>(task, row);
  const int8_t* panel = task.panel;
#pragma GCC unroll 1
  for (int group = 0; group < task.groups; ++group) {
    const I16x8 inputs = load_splat4(x + group * kGroupInputs);
    for (int j = 0; j < 8; ++j) halves[j] = halves[j] + dot(load_widen(panel + 8 * j), inputs);
    panel += kGroupBytes;
  }
  for (int j = 0; j < 4; ++j) {
    const I32x4 low = halves[2 * j];
    const I32x4 high = halves[2 * j + 1];
    sums.at[0][j] = sums.at[0][j] + (even_lanes(low, high) + odd_lanes(low, high));
  }
  store_sums(task, row, 0, sums);
}

// Several rows: weights are widened once into a scratch that fits the first-level cache, pairs of
// inputs by 16 columns, and read from there by every pair of rows.
constexpr int kWideGroups = 128;

void widen_panel(const int8_t* panel, int groups, int16_t* wide) {
  for (int i = 0; i < groups * 4; ++i, panel += 16) {
    const I32x4 low = pairs(load_widen(panel));
    const I32x4 high = pairs(load_widen(panel + 8));
    int16_t* to = wide + (i / 4) * kGroupBytes + (i % 4) * 8;
    store(to, from_pairs(even_lanes(low, high)));
    store(to + kGroupBytes / 2, from_pairs(odd_lanes(low, high)));
  }
}

struct WideTile {
  const int16_t* panel;

  template <int kRows>
  DRAGOMAN_SIMD void run(const PanelTask& task, int row) const {
    Sums<kRows, 4> sums = load_sums<kRows, 4>(task, row, 0);
    const int16_t* weights = panel;
    const int16_t* x[size_t{kRows}];
    for (int r = 0; r < kRows; ++r) x[r] = row_at<int16_t>(task, row + r);
    const int input_pairs = task.groups * 2;
#pragma GCC unroll 1
    for (int pair = 0; pair < input_pairs; ++pair) {
      I16x8 columns[4];
      for (int j = 0; j < 4; ++j) columns[j] = load(weights + 8 * j);
      for (int r = 0; r < kRows; ++r) {
        const I16x8 inputs = load_splat2(x[r] + 2 * pair);
        for (int j = 0; j < 4; ++j) sums.at[r][j] = sums.at[r][j] + dot(columns[j], inputs);
      }
      weights += kPanelColumns * 2;
    }
    store_sums(task, row, 0, sums);
  }
};

[[gnu::noinline]] void wide_rows_panel(const PanelTask& task) {
  alignas(64) int16_t wide[kWideGroups * kGroupBytes];
  PanelTask part = task;
  for (int first = 0; first < task.groups; first += kWideGroups) {
    part.groups = task.groups - first < kWideGroups ? task.groups - first : kWideGroups;
    widen_panel(part.panel, part.groups, wide);
    for_row_pairs(part, WideTile{wide});
    part.rows = static_cast<const int16_t*>(part.rows) + part.groups * kGroupInputs;
    part.panel += part.groups * kGroupBytes;
    part.accumulate = true;
  }
}

[[gnu::noinline]] void widened_panel(const PanelTask& task) {
  constexpr int kFewRows = 3;  // up to here widening in the loop is cheaper than the scratch
  if (task.row_count > kFewRows) return for_panels(task, wide_rows_panel);
  for_panels(task, [](const PanelTask& panel) {
    for (int row = 0; row < panel.row_count; ++row) widened_row(panel, row);
  });
}

}  // namespace

bool has_int8_form(Int8Form form) {
  return DRAGOMAN_RELAXED_DOT != 0 || form == Int8Form::kScalar || form == Int8Form::kWiden;
}

Int8Kernel int8_kernel(Int8Form form, [[maybe_unused]] OperandRole role) {
#if DRAGOMAN_RELAXED_DOT
  const bool weights7 = role == OperandRole::kWeights7;
  if (form == Int8Form::kSplit) {
    return {
        weights7 ? split_panel<OperandRole::kWeights7> : split_panel<OperandRole::kActivations7>,
        false};
  }
  if (form == Int8Form::kFused) {
    return {
        weights7 ? fused_panel<OperandRole::kWeights7> : fused_panel<OperandRole::kActivations7>,
        false};
  }
#endif
  if (form == Int8Form::kScalar) return {reference_panels, false};
  return {widened_panel, true};
}

}  // namespace dragoman
