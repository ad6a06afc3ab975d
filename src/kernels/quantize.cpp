// Quantisation of rows. Rounding is to nearest even, by adding 1.5 * 2^23: the sum's low bits
// are then the rounded integer, and no slow float-to-int conversion is needed.
#include "kernels/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/vector_math.hpp"

namespace dragoman {

namespace {

using namespace simd;

constexpr float kMagic = 12582912.0F;
// Smaller ranges are zero: their reciprocals would not be finite.
constexpr float kSmallestRange = 1e-30F;

struct Range {
  float lowest;
  float highest;
};

// The range of the row and zero.
Range range_of(const float* x, int k) {
  // Four at once: a single one would wait for itself.
  F32x4 lows[4];
  F32x4 highs[4];
  for (int j = 0; j < 4; ++j) lows[j] = highs[j] = splat(0.0F);
  const auto include = [&](int j, F32x4 values) {
    lows[j] = min(lows[j], values);
    highs[j] = max(highs[j], values);
  };
  int i = 0;
  for (; i + 16 <= k; i += 16) {
    for (int j = 0; j < 4; ++j) include(j, load(x + i + 4 * j));
  }
  for (; i + 4 <= k; i += 4) include(0, load(x + i));
  if (i < k) include(1, load_part(x + i, static_cast<size_t>(k - i), 0.0F));
  const F32x4 low = min(min(lows[0], lows[1]), min(lows[2], lows[3]));
  const F32x4 high = max(max(highs[0], highs[1]), max(highs[2], highs[3]));
  return {-max_lanes(splat(0.0F) - low), max_lanes(high)};
}

DRAGOMAN_SIMD void store_integers(int8_t* to, I16x8 a, I16x8 b) {
  store(to, narrow(a, b));
}
DRAGOMAN_SIMD void store_integers(int16_t* to, I16x8 a, I16x8 b) {
  store(to, a);
  store(to + 8, b);
}

// x[i] / scale + offset, rounded and kept within bounds. The constants come from memory, see
// opaque().
struct Rounding {
  F32x4 inverse, offset, lowest, highest, magic;

  Rounding(float inverse_scale, float zero, float low, float high) {
    const float values[] = {inverse_scale, zero + kMagic, low + kMagic, high + kMagic, kMagic};
    const float* from = opaque(&values[0]);
    inverse = load_splat(from);
    offset = load_splat(from + 1);
    lowest = load_splat(from + 2);
    highest = load_splat(from + 3);
    magic = load_splat(from + 4);
  }

  DRAGOMAN_SIMD I32x4 operator()(F32x4 x) const {
    const F32x4 rounded = x * inverse + offset;
    return bits(min(max(rounded, lowest), highest)) - bits(magic);
  }
};

template <typename Integer>
int32_t round_row(const float* x, int k, const Rounding& round, Integer* to) {
  I32x4 sum = splat(0);
  const auto sixteen = [&](const float* from, Integer* target) {
    const I32x4 a = round(load(from));
    const I32x4 b = round(load(from + 4));
    const I32x4 c = round(load(from + 8));
    const I32x4 d = round(load(from + 12));
    sum = sum + ((a + b) + (c + d));
    store_integers(target, narrow(a, b), narrow(c, d));
  };
  int i = 0;
  for (; i + 16 <= k; i += 16) sixteen(x + i, to + i);
  int32_t excess = 0;
  if (i < k) {
    alignas(16) float rest[16] = {};
    std::copy(x + i, x + k, rest);
    sixteen(rest, to + i);
    // A value of 0 rounds to the zero point; beyond the row nothing may remain.
    for (int j = k; j < i + 16; ++j) {
      excess += to[j];
      to[j] = 0;
    }
  }
  alignas(16) int32_t lanes[4];
  store(lanes, sum);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] - excess;
}

template <typename Integer>
RowScale quantize(const float* x, int k, OperandRole role, Integer* to) {
  const Range range = range_of(x, k);
  if (role == OperandRole::kWeights7) {
    const float largest = std::max(-range.lowest, range.highest);
    const float inverse = largest > kSmallestRange ? 127.0F / largest : 0.0F;
    const int32_t sum = round_row(x, k, Rounding(inverse, 0.0F, -127.0F, 127.0F), to);
    return {.scale = largest / 127.0F, .zero_point = 0, .correction = 64 * sum};
  }
  const float width = range.highest - range.lowest;
  const float inverse = width > kSmallestRange ? 127.0F / width : 0.0F;
  const float zero = (-range.lowest * inverse + kMagic) - kMagic;
  round_row(x, k, Rounding(inverse, zero, 0.0F, 127.0F), to);
  return {.scale = width / 127.0F, .zero_point = static_cast<int32_t>(zero), .correction = 0};
}

// Squared error of rounding to multiples of `scale` within +-limit.
float squared_error(std::span<const float> values, float scale, float limit) {
  const Rounding round(1.0F / scale, 0.0F, -limit, limit);
  const F32x4 step = splat(scale);
  const auto error_of = [&](F32x4 x) {
    const F32x4 rounded = min(max(x * round.inverse + round.magic, round.lowest), round.highest);
    const F32x4 error = x - (rounded - round.magic) * step;
    return error * error;
  };
  F32x4 totals[2] = {splat(0.0F), splat(0.0F)};
  size_t i = 0;
  for (; i + 8 <= values.size(); i += 8) {
    totals[0] = totals[0] + error_of(load(values.data() + i));
    totals[1] = totals[1] + error_of(load(values.data() + i + 4));
  }
  for (; i < values.size(); i += 4) {
    const size_t left = values.size() - i;
    const float* from = values.data() + i;
    totals[0] = totals[0] + error_of(left < 4 ? load_part(from, left, 0.0F) : load(from));
  }
  return sum_lanes(totals[0] + totals[1]);
}

float int4_level(float value, float inverse) {
  constexpr float kLowest = kInt4Lowest;
  return (std::clamp(value * inverse, kLowest, -1.0F - kLowest) + kMagic) - kMagic;
}

// @returns the scale with the least squared error among some that clip the largest value
float quantize_group_int4(std::span<const float> values, int8_t* to) {
  const float largest = *std::max_element(
      values.begin(), values.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); });
  if (std::fabs(largest) <= kSmallestRange) {
    std::fill_n(to, values.size(), int8_t{0});
    return 0.0F;
  }
  float best_scale = 0.0F;
  float best_error = std::numeric_limits<float>::infinity();
  for (const float clip : {1.0F, 0.95F, 0.9F, 0.85F, -1.0F, -0.93F}) {
    const float scale = largest * clip / float{kInt4Lowest};
    const float inverse = 1.0F / scale;
    float error = 0.0F;
    for (const float value : values) {
      const float difference = value - int4_level(value, inverse) * scale;
      error += difference * difference;
    }
    if (error < best_error) {
      best_error = error;
      best_scale = scale;
    }
  }
  const float inverse = 1.0F / best_scale;
  for (size_t i = 0; i < values.size(); ++i) {
    to[i] = static_cast<int8_t>(int4_level(values[i], inverse));
  }
  return best_scale;
}

}  // namespace

RowScale quantize_row(const float* x, int k, OperandRole role, int8_t* to) {
  return quantize(x, k, role, to);
}

RowScale quantize_row(const float* x, int k, OperandRole role, int16_t* to) {
  return quantize(x, k, role, to);
}

float quantize_weights(std::span<const float> values, int limit, int8_t* to) {
  const Range range = range_of(values.data(), static_cast<int>(values.size()));
  const float largest = std::max(-range.lowest, range.highest);
  if (largest <= kSmallestRange) {
    std::fill_n(to, values.size(), int8_t{0});
    return 0.0F;
  }
  const auto bound = static_cast<float>(limit);
  float best_scale = largest / bound;
  float best_error = squared_error(values, best_scale, bound);
  for (const float clip : {0.96F, 0.92F, 0.88F, 0.84F, 0.8F}) {
    const float scale = clip * largest / bound;
    const float error = squared_error(values, scale, bound);
    if (error < best_error) {
      best_error = error;
      best_scale = scale;
    }
  }
  const float inverse = 1.0F / best_scale;
  for (size_t i = 0; i < values.size(); ++i) {
    const float bounded = std::clamp(values[i] * inverse, -bound, bound);
    const float rounded = (bounded + kMagic) - kMagic;
    to[i] = static_cast<int8_t>(rounded);
  }
  return best_scale;
}

void quantize_weights_int4(std::span<const float> values, int8_t* to, float* scales) {
  for (size_t first = 0; first < values.size(); first += kInt4Inputs, ++scales) {
    const size_t count = std::min(size_t{kInt4Inputs}, values.size() - first);
    *scales = quantize_group_int4(values.subspan(first, count), to + first);
  }
}

}  // namespace dragoman
