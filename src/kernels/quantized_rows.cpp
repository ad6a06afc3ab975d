// Quantising all rows of a product's input.
#include "kernels/quantized_rows.hpp"

#include <algorithm>
#include <cstdint>

#include "kernels/tile_output.hpp"

namespace dragoman {

namespace {

// Elements whose quantisation takes about 30 microseconds, and what is worth a region while
// workers are awake.
constexpr int64_t kElementsWorthWaking = 100'000;
constexpr int64_t kElementsWorthSharing = 10'000;

template <typename Integer>
RowScale quantize_padded(View<const float> x, int index, OperandRole role, int stride,
                         void* values) {
  Integer* to = static_cast<Integer*>(values) + static_cast<ptrdiff_t>(index) * stride;
  std::fill(to + round_up(x.cols, kQuantizedRowMultiple), to + stride, Integer{0});
  return quantize_row(x.row(index), x.cols, role, to);
}

}  // namespace

QuantizedRows quantize_rows(const Context& context, View<const float> x, OperandRole role,
                            bool wide, int multiple) {
  QuantizedRows rows{};
  rows.stride = round_up(x.cols, multiple);
  rows.wide = wide;
  const size_t bytes = static_cast<size_t>(x.rows) * static_cast<size_t>(rows.stride) *
                       (wide ? sizeof(int16_t) : sizeof(int8_t));
  rows.values = context.arena.take<std::byte>(bytes).data();
  rows.scales = context.arena.take<RowScale>(static_cast<size_t>(x.rows)).data();
  const int64_t elements = static_cast<int64_t>(x.rows) * x.cols;
  const int64_t enough = context.pool.awake() ? kElementsWorthSharing : kElementsWorthWaking;
  const int tiles = elements < enough ? 1 : std::min(x.rows, 8);
  context.pool.run(tiles, [&](int tile, int) {
    const Part part = part_of(x.rows, tile, tiles);
    for (int row = part.first; row < part.last; ++row) {
      rows.scales[row] = wide ? quantize_padded<int16_t>(x, row, role, rows.stride, rows.values)
                              : quantize_padded<int8_t>(x, row, role, rows.stride, rows.values);
    }
  });
  return rows;
}

}  // namespace dragoman
