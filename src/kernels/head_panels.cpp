// Keys transposed four by four, values copied by sixteen.
#include "kernels/head_panels.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/packing.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

namespace {

using namespace simd;

// Four rows of four become columns of a panel.
DRAGOMAN_SIMD void transpose_four(const float* const (&rows)[4], int d, float* to) {
  const I32x4 a = bits(load(rows[0] + d));
  const I32x4 b = bits(load(rows[1] + d));
  const I32x4 c = bits(load(rows[2] + d));
  const I32x4 e = bits(load(rows[3] + d));
  const I32x4 even_ab = even_lanes(a, b);
  const I32x4 even_ce = even_lanes(c, e);
  const I32x4 odd_ab = odd_lanes(a, b);
  const I32x4 odd_ce = odd_lanes(c, e);
  store(to, from_bits(even_lanes(even_ab, even_ce)));
  store(to + kPanelColumns, from_bits(even_lanes(odd_ab, odd_ce)));
  store(to + 2 * kPanelColumns, from_bits(odd_lanes(even_ab, even_ce)));
  store(to + 3 * kPanelColumns, from_bits(odd_lanes(odd_ab, odd_ce)));
}

}  // namespace

void pack_keys(View<const float> keys, int columns, float* panels) {
  for (int first = 0; first < columns; first += 4) {
    const float* rows[4];
    for (int r = 0; r < 4; ++r) rows[r] = keys.row(std::min(first + r, keys.rows - 1));
    float* to = panels + static_cast<ptrdiff_t>(first / kPanelColumns) * keys.cols * kPanelColumns +
                first % kPanelColumns;
    int d = 0;
    for (; d + 4 <= keys.cols; d += 4) transpose_four(rows, d, to + d * kPanelColumns);
    for (; d < keys.cols; ++d) {
      for (int r = 0; r < 4; ++r) to[d * kPanelColumns + r] = rows[r][d];
    }
  }
}

void pack_values(View<const float> values, int columns, float* panels) {
  for (int first = 0; first < columns; first += kPanelColumns) {
    const int width = std::min(kPanelColumns, values.cols - first);
    for (int row = 0; row < values.rows; ++row, panels += kPanelColumns) {
      const float* from = values.row(row) + first;
      if (width == kPanelColumns) {
        for (int j = 0; j < kPanelColumns; j += 4) store(panels + j, load(from + j));
      } else {
        for (int j = 0; j < kPanelColumns; ++j) panels[j] = j < width ? from[j] : 0.0F;
      }
    }
  }
}

}  // namespace dragoman
