// The int8 kernels: 16 columns by one or two rows, k in groups of 4.
//
// The loops over k are not unrolled and constants come from memory: V8 unrolls by itself and has
// 15 vector registers, so that larger tiles and longer bodies are slower.
#include "kernels/int8_forms.hpp"
#include "kernels/reference.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

namespace {

using namespace simd;

constexpr int kGroupBytes = kPanelColumns * kGroupInputs;

// The accumulators of a tile.
template <int kRows>
struct Sums {
  I32x4 at[size_t{kRows}][4];
};

template <int kRows>
DRAGOMAN_SIMD Sums<kRows> load_sums(const PanelTask& task, int row) {
  Sums<kRows> sums;
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < 4; ++j) {
      sums.at[r][j] =
          task.accumulate ? load(task.sums + (row + r) * kPanelColumns + 4 * j) : splat(0);
    }
  }
  return sums;
}

template <int kRows>
DRAGOMAN_SIMD void store_sums(const PanelTask& task, int row, const Sums<kRows>& sums) {
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < 4; ++j) {
      store(task.sums + (row + r) * kPanelColumns + 4 * j, sums.at[r][j]);
    }
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

alignas(16) constexpr int16_t kOnes[8] = {1, 1, 1, 1, 1, 1, 1, 1};

struct Split {
  I16x8 ones = load(opaque(&kOnes[0]));
  DRAGOMAN_SIMD I32x4 operator()(I8x16 eight, I8x16 seven, I32x4 sum) const {
    return sum + dot(relaxed_dot(eight, seven), ones);
  }
};

struct Fused {
  DRAGOMAN_SIMD I32x4 operator()(I8x16 eight, I8x16 seven, I32x4 sum) const {
    return relaxed_dot_add(eight, seven, sum);
  }
};

template <typename Product, OperandRole kRole>
struct ByteTile {
  Product product;

  template <int kRows>
  DRAGOMAN_SIMD void run(const PanelTask& task, int row) const {
    Sums<kRows> sums = load_sums<kRows>(task, row);
    const int8_t* panel = task.panel;
    const int8_t* x[size_t{kRows}];
    for (int r = 0; r < kRows; ++r) x[r] = row_at<int8_t>(task, row + r);
#pragma GCC unroll 1
    for (int group = 0; group < task.groups; ++group) {
      I8x16 weights[4];
      for (int j = 0; j < 4; ++j) weights[j] = load(panel + 16 * j);
      for (int r = 0; r < kRows; ++r) {
        const I8x16 inputs = load_splat4(x[r] + group * kGroupInputs);
        for (int j = 0; j < 4; ++j) {
          I32x4& sum = sums.at[r][j];
          sum = kRole == OperandRole::kWeights7 ? product(inputs, weights[j], sum)
                                                : product(weights[j], inputs, sum);
        }
      }
      panel += kGroupBytes;
    }
    store_sums(task, row, sums);
  }
};

template <typename Product, OperandRole kRole>
[[gnu::noinline]] void byte_panel(const PanelTask& task) {
  const ByteTile<Product, kRole> tile;
  for_panels(task, [&tile](const PanelTask& panel) { for_row_pairs(panel, tile); });
}

#endif  // DRAGOMAN_RELAXED_DOT

// One row: weights are widened as they are loaded. A column's four products come out as two sums
// in neighbouring lanes, so there are eight accumulators, added up at the end. Not inlined: V8
// would keep the callers' values in registers and spill the accumulators.
[[gnu::noinline]] void widened_row(const PanelTask& task, int row) {
  Sums<1> sums = load_sums<1>(task, row);
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
  store_sums(task, row, sums);
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
    Sums<kRows> sums = load_sums<kRows>(task, row);
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
    store_sums(task, row, sums);
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
    return {weights7 ? byte_panel<Split, OperandRole::kWeights7>
                     : byte_panel<Split, OperandRole::kActivations7>,
            false};
  }
  if (form == Int8Form::kFused) {
    return {weights7 ? byte_panel<Fused, OperandRole::kWeights7>
                     : byte_panel<Fused, OperandRole::kActivations7>,
            false};
  }
#endif
  if (form == Int8Form::kScalar) return {reference_panels, false};
  return {widened_panel, true};
}

}  // namespace dragoman
