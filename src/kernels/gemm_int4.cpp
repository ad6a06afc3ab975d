// Products with int4 weights: integer sums of 32 inputs at a time, added up in f32 by their scales.
//
// One row, which is what decoding asks for, takes the integers out of their nibbles as it goes.
// Several rows share that work: a group's integers are laid out as int8 in the first-level cache
// and go through the int8 kernels. The sums of a group are exact in both, and groups are added in
// their order, so a row has the same bits in either.
#include <algorithm>
#include <cassert>
#include <numeric>

#include "kernels/byte_products.hpp"
#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/quantized_rows.hpp"
#include "kernels/simd.hpp"
#include "kernels/tile_output.hpp"

namespace dragoman {

namespace {

using namespace simd;

constexpr double kMacsPerMicrosecond = 40'000.0;
// Pairs of groups of 4 inputs, which share their bytes.
constexpr int kPairs = kInt4Inputs / (2 * kGroupInputs);
constexpr int kPairBytes = kPanelColumns * kGroupInputs;

alignas(16) constexpr uint32_t kLowNibbles[4] = {0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f};

DRAGOMAN_SIMD I32x4 load_mask(const uint32_t (&mask)[4]) {
  return load(reinterpret_cast<const int32_t*>(opaque(&mask[0])));
}
DRAGOMAN_SIMD I32x4 load_words(const uint8_t* from) {
  return load(reinterpret_cast<const int32_t*>(from));
}
// Four of a group's scales. Panels are aligned to cache lines, and so is every group.
DRAGOMAN_SIMD F32x4 load_scales(const uint8_t* from) {
  return load(reinterpret_cast<const float*>(from));
}

#if DRAGOMAN_RELAXED_DOT

// @param inputs  [groups * 32]   @param sums  of each group's inputs   @param totals  [16]
template <typename Product>
[[gnu::noinline]] void multiply_row(const int8_t* inputs, const int32_t* sums, int groups,
                                    const uint8_t* panel, float* totals) {
  const Product product;
  const I32x4 low_nibbles = load_mask(kLowNibbles);
  F32x4 total[4] = {splat(0.0F), splat(0.0F), splat(0.0F), splat(0.0F)};
#pragma GCC unroll 1
  for (int group = 0; group < groups; ++group, panel += kInt4GroupBytes, inputs += kInt4Inputs) {
    // What the offset of the stored integers adds to every column.
    const I32x4 excess = splat(kInt4Lowest * sums[group]);
    I32x4 sum[4] = {excess, excess, excess, excess};
#pragma GCC unroll 4
    for (int pair = 0; pair < kPairs; ++pair) {
      const I8x16 even = load_splat4(inputs + 2 * kGroupInputs * pair);
      const I8x16 odd = load_splat4(inputs + 2 * kGroupInputs * pair + kGroupInputs);
      for (int j = 0; j < 4; ++j) {
        const I32x4 words = load_words(panel + kInt4ScaleBytes + kPairBytes * pair + 16 * j);
        sum[j] = product(even, from_fours(words & low_nibbles), sum[j]);
        sum[j] = product(odd, from_fours(shift_right_4(words) & low_nibbles), sum[j]);
      }
    }
    for (int j = 0; j < 4; ++j) {
      total[j] = madd(convert(sum[j]), load_scales(panel + 16 * j), total[j]);
    }
  }
  for (int j = 0; j < 4; ++j) store(totals + 4 * j, total[j]);
}

#endif  // DRAGOMAN_RELAXED_DOT

// A group's stored integers as a panel of int8. @param bytes  [kInt4Inputs * 16]
void widen_group(const uint8_t* group, int8_t* bytes) {
  const I32x4 low_nibbles = load_mask(kLowNibbles);
  const uint8_t* from = group + kInt4ScaleBytes;
  for (int i = 0; i < kPairs * 4; ++i, from += 16) {
    const I32x4 words = load_words(from);
    int8_t* to = bytes + i / 4 * 2 * kPairBytes + i % 4 * 16;
    store(to, from_fours(words & low_nibbles));
    store(to + kPairBytes, from_fours(shift_right_4(words) & low_nibbles));
  }
}

// What the tiles of one product share.
struct Product {
  const Int4Matrix& weights;
  const Epilogue& epilogue;
  View<float> out;
  QuantizedRows rows;
  const int32_t* input_sums;  // [rows, groups]
  Int8Form form;

  int groups() const { return rows.stride / kInt4Inputs; }
  const uint8_t* panel_at(int panel) const {
    return weights.panels + static_cast<ptrdiff_t>(panel) * groups() * kInt4GroupBytes;
  }
  const int32_t* sums_at(int row) const {
    return input_sums + static_cast<ptrdiff_t>(row) * groups();
  }

  // One row takes several panels at once, as many as the totals have room for.
  void run_panels(Part panels, int first_row, int row_count) const {
    alignas(64) float totals[kTileRows * kPanelColumns];
    const int at_once = row_count == 1 ? kTileRows : 1;
    for (int first = panels.first; first < panels.last; first += at_once) {
      const int count = std::min(at_once, panels.last - first);
      for (int i = 0; i < count; ++i) {
        multiply(first + i, first_row, row_count, totals + i * kPanelColumns);
      }
      store({first_row, row_count, first, count}, totals);
    }
  }

  // @param totals  [row_count, 16]
  void multiply(int panel, int first_row, int row_count, float* totals) const {
#if DRAGOMAN_RELAXED_DOT
    if (row_count == 1 && !rows.wide && form != Int8Form::kScalar) {
      const auto run = form == Int8Form::kFused ? multiply_row<Fused> : multiply_row<Split>;
      return run(static_cast<const int8_t*>(rows.row(first_row)), sums_at(first_row), groups(),
                 panel_at(panel), totals);
    }
#endif
    const PanelKernel kernel = int8_kernel(form, OperandRole::kWeights7).run;
    std::fill_n(totals, row_count * kPanelColumns, 0.0F);
    for (int group = 0; group < groups(); ++group) {
      add_group(kernel, panel_at(panel) + static_cast<ptrdiff_t>(group) * kInt4GroupBytes, group,
                first_row, row_count, totals);
    }
  }

  void add_group(PanelKernel kernel, const uint8_t* stored, int group, int first_row, int row_count,
                 float* totals) const {
    alignas(64) int8_t bytes[kInt4Inputs * kPanelColumns];
    alignas(64) int32_t sums[kTileRows * kPanelColumns];
    widen_group(stored, bytes);
    const ptrdiff_t element = rows.wide ? sizeof(int16_t) : sizeof(int8_t);
    kernel(
        {.rows = static_cast<const std::byte*>(rows.row(first_row)) + group * kInt4Inputs * element,
         .row_stride = rows.stride,
         .row_count = row_count,
         .panel = bytes,
         .groups = kInt4Inputs / kGroupInputs,
         .panel_count = 1,
         .accumulate = false,
         .sums = sums});
    for (int row = 0; row < row_count; ++row) {
      const I32x4 excess = splat(kInt4Lowest * sums_at(first_row + row)[group]);
      float* total = totals + row * kPanelColumns;
      for (int j = 0; j < 4; ++j) {
        const I32x4 sum = load(sums + row * kPanelColumns + 4 * j) + excess;
        simd::store(total + 4 * j,
                    madd(convert(sum), load_scales(stored + 16 * j), load(total + 4 * j)));
      }
    }
  }

  // total * scale of the row + bias
  [[gnu::noinline]] void store(const TilePlace& place, float* totals) const {
    const RowScale* scales = rows.scales + place.first_row;
    store_tile(place, epilogue, out, totals, [=, this](int p) {
      const PanelBias bias(weights.bias, place.panel + p);
      return [=](int r) {
        const F32x4 scale = splat(scales[r].scale);
        return [=](int j) {
          return load(totals + (p + r) * kPanelColumns + 4 * j) * scale + bias.at[j];
        };
      };
    });
  }
};

template <typename Integer>
int32_t sum_of(const void* integers, int group) {
  const Integer* from = static_cast<const Integer*>(integers) + group * kInt4Inputs;
  return std::accumulate(from, from + kInt4Inputs, int32_t{0});
}

const int32_t* sum_inputs(const Context& context, const QuantizedRows& rows, int row_count) {
  const int groups = rows.stride / kInt4Inputs;
  const auto count = static_cast<size_t>(row_count) * static_cast<size_t>(groups);
  int32_t* sums = context.arena.take<int32_t>(count).data();
  for (int row = 0; row < row_count; ++row) {
    const void* integers = rows.row(row);
    for (int group = 0; group < groups; ++group) {
      sums[static_cast<ptrdiff_t>(row) * groups + group] =
          rows.wide ? sum_of<int16_t>(integers, group) : sum_of<int8_t>(integers, group);
    }
  }
  return sums;
}

}  // namespace

void linear(const Context& context, View<const float> x, const Int4Matrix& weights,
            const Epilogue& epilogue, View<float> out) {
  assert(x.cols == weights.k && out.cols == weights.n && out.rows == x.rows);
  if (x.rows == 0) return;
  const ArenaScope scope(context.arena);
  const Int8Form form = int8_form();
  const bool wide = int8_kernel(form, OperandRole::kWeights7).wide_rows;
  const QuantizedRows rows = quantize_rows(context, x, OperandRole::kWeights7, wide, kInt4Inputs);
  const Product product{weights, epilogue, out, rows, sum_inputs(context, rows, x.rows), form};
  run_tiles(context, {x.rows, weights.k, weights.n, kMacsPerMicrosecond},
            [&](Part panels, int first_row, int row_count) {
              product.run_panels(panels, first_row, row_count);
            });
}

}  // namespace dragoman
