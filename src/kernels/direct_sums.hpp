// Sums of few attention queries over keys and values where they lie, row by row.
#pragma once

#include <algorithm>

#include "kernels/simd.hpp"

namespace dragoman {

namespace direct_sums {

using namespace simd;

// The sums of the lanes of each of four vectors.
DRAGOMAN_SIMD F32x4 sum_lanes_of_four(const F32x4 (&v)[4]) {
  const auto fold = [](F32x4 a, F32x4 b) {
    return from_bits(even_lanes(bits(a), bits(b))) + from_bits(odd_lanes(bits(a), bits(b)));
  };
  return fold(fold(v[0], v[1]), fold(v[2], v[3]));
}

// scores[j] = scale * a . row(j), four rows at a time. Every score is summed in the same order;
// the last rows are repeated to make up four.
template <typename Row>
DRAGOMAN_SIMD void dot_products(const float* a, const Row& row, int count, int width, float scale,
                                float* scores) {
  for (int j = 0; j < count; j += 4) {
    const float* rows[4];
    for (int r = 0; r < 4; ++r) rows[r] = row(std::min(j + r, count - 1));
    F32x4 sums[4] = {splat(0.0F), splat(0.0F), splat(0.0F), splat(0.0F)};
    int i = 0;
    for (; i + 4 <= width; i += 4) {
      const F32x4 values = load(a + i);
      for (int r = 0; r < 4; ++r) sums[r] = madd(values, load(rows[r] + i), sums[r]);
    }
    alignas(16) float totals[4];
    store(totals, sum_lanes_of_four(sums));
    for (int r = 0; r < 4 && j + r < count; ++r) {
      float total = totals[r];
      for (int rest = i; rest < width; ++rest) total += a[rest] * rows[r][rest];
      scores[j + r] = total * scale;
    }
  }
}

// kVectors * 4 columns from `first` on: out[d] += sum over j of weights[j] * row(j)[d], j rising.
template <int kVectors, typename Row>
DRAGOMAN_SIMD void add_weighted_columns(const float* weights, int count, const Row& row, int first,
                                        float* out) {
  F32x4 sums[size_t{kVectors}];
  for (int v = 0; v < kVectors; ++v) sums[v] = load(out + first + 4 * v);
  for (int j = 0; j < count; ++j) {
    const F32x4 weight = load_splat(weights + j);
    const float* values = row(j) + first;
    for (int v = 0; v < kVectors; ++v) sums[v] = madd(weight, load(values + 4 * v), sums[v]);
  }
  for (int v = 0; v < kVectors; ++v) store(out + first + 4 * v, sums[v]);
}

template <typename Row>
DRAGOMAN_SIMD void add_weighted(const float* weights, int count, const Row& row, int width,
                                float* out) {
  int d = 0;
  for (; d + 32 <= width; d += 32) add_weighted_columns<8>(weights, count, row, d, out);
  for (; d + 4 <= width; d += 4) add_weighted_columns<1>(weights, count, row, d, out);
  for (; d < width; ++d) {
    for (int j = 0; j < count; ++j) out[d] += weights[j] * row(j)[d];
  }
}

}  // namespace direct_sums

}  // namespace dragoman
