// Quantising all rows of a product's input.
#include "kernels/quantized_rows.hpp"

#include <algorithm>
#include <cstdint>

#include "kernels/tile_output.hpp"

namespace dragoman {

namespace {

constexpr double kElementsPerMicrosecond = 2'000.0;

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
  const double microseconds = static_cast<double>(x.rows) * x.cols / kElementsPerMicrosecond;
  const int tiles = std::min(x.rows, 8);
  context.pool.run(tiles, microseconds, [&](int tile, int) {
    const Part part = part_of(x.rows, tile, tiles);
    for (int row = part.first; row < part.last; ++row) {
      rows.scales[row] = wide ? quantize_padded<int16_t>(x, row, role, rows.stride, rows.values)
                              : quantize_padded<int8_t>(x, row, role, rows.stride, rows.values);
    }
  });
  return rows;
}

}  // namespace dragoman
