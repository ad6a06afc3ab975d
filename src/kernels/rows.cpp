// Whole-row functions. Sums have one order per row length, whatever the batch or the thread.
#include "kernels/rows.hpp"

#include <cassert>
#include <cmath>
#include <limits>

#include "kernels/vector_math.hpp"

namespace dragoman {

namespace {

using namespace simd;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Sum over the row of function(x), two accumulators wide. `filler` must map to 0.
template <typename Function>
DRAGOMAN_SIMD float sum_over(const float* row, size_t count, float filler, Function function) {
  F32x4 first = splat(0.0F);
  F32x4 second = first;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    first = first + function(load(row + i));
    second = second + function(load(row + i + 4));
  }
  for (; i + 4 <= count; i += 4) first = first + function(load(row + i));
  if (i < count) second = second + function(load_part(row + i, count - i, filler));
  return sum_lanes(first + second);
}

// row[i] = function(row[i]); returns the sum of the results. `filler` must map to 0.
template <typename Function>
DRAGOMAN_SIMD float map_and_sum(float* row, size_t count, float filler, Function function) {
  F32x4 sums[2] = {splat(0.0F), splat(0.0F)};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const F32x4 first = function(load(row + i));
    const F32x4 second = function(load(row + i + 4));
    store(row + i, first);
    store(row + i + 4, second);
    sums[0] = sums[0] + first;
    sums[1] = sums[1] + second;
  }
  for (; i < count; i += 4) {
    const size_t left = count - i;
    const F32x4 value = function(left < 4 ? load_part(row + i, left, filler) : load(row + i));
    sums[0] = sums[0] + value;
    if (left < 4) {
      store_part(row + i, left, value);
    } else {
      store(row + i, value);
    }
  }
  return sum_lanes(sums[0] + sums[1]);
}

// row[i] = function(row[i])
template <typename Function>
DRAGOMAN_SIMD void map_row(float* row, size_t count, Function function) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) store(row + i, function(load(row + i)));
  if (i < count) store_part(row + i, count - i, function(load_part(row + i, count - i, 0.0F)));
}

// -inf for an empty row; NaN never wins.
float max_over(std::span<const float> row) {
  F32x4 largests[4];  // a single one would wait for itself
  for (F32x4& part : largests) part = splat(-kInfinity);
  size_t i = 0;
  for (; i + 16 <= row.size(); i += 16) {
    for (size_t j = 0; j < 4; ++j) largests[j] = max(largests[j], load(row.data() + i + 4 * j));
  }
  for (; i + 4 <= row.size(); i += 4) largests[0] = max(largests[0], load(row.data() + i));
  float largest = max_lanes(max(max(largests[0], largests[1]), max(largests[2], largests[3])));
  for (; i < row.size(); ++i) {
    if (largest < row[i]) largest = row[i];
  }
  return largest;
}

// e^(x - maximum), and 0 where that is too small to be a normal number: less the least value there
// is, which takes nothing from the others. As powers of 2; the factor's rounding costs x - maximum
// times 6e-8, which is less than 3e-8 of the largest value.
constexpr Table<2> kShiftedExpTable({-126.0F, 1.44269504F});
struct ShiftedExp {
  Exp2Constants c = load_exp2_constants();
  const float* k = kShiftedExpTable.loaded();
  F32x4 maximum;
  F32x4 lowest = load(k), log2e = load(k + 4);
  F32x4 least = exp2(lowest, c);
  explicit ShiftedExp(float value) : maximum(splat(value)) {}
  F32x4 operator()(F32x4 x) const { return exp2(max((x - maximum) * log2e, lowest), c) - least; }
};

void normalize_row(const float* from, size_t count, const float* weight, const float* bias,
                   float epsilon, float* to) {
  const auto n = static_cast<float>(count);
  const float mean = sum_over(from, count, 0.0F, [](F32x4 x) { return x; }) / n;
  const F32x4 means = splat(mean);
  // In two passes: the difference of large squares would lose the variance of a row whose mean is
  // large.
  const float squares = sum_over(from, count, mean, [means](F32x4 x) {
    const F32x4 centred = x - means;
    return centred * centred;
  });
  const F32x4 inverse = splat(1.0F / std::sqrt(squares / n + epsilon));
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const F32x4 scaled = (load(from + i) - means) * inverse;
    store(to + i, madd(scaled, load(weight + i), load(bias + i)));
  }
  if (i < count) {
    const size_t left = count - i;
    const F32x4 scaled = (load_part(from + i, left, mean) - means) * inverse;
    const F32x4 w = load_part(weight + i, left, 0.0F);
    store_part(to + i, left, madd(scaled, w, load_part(bias + i, left, 0.0F)));
  }
}

}  // namespace

void layer_norm(View<const float> x, std::span<const float> weight, std::span<const float> bias,
                float epsilon, View<float> out) {
  const auto count = static_cast<size_t>(x.cols);
  assert(weight.size() == count && bias.size() == count && out.cols == x.cols);
  for (int row = 0; row < x.rows; ++row) {
    normalize_row(x.row(row), count, weight.data(), bias.data(), epsilon, out.row(row));
  }
}

void rms_norm(View<const float> x, std::span<const float> weight, float offset, float epsilon,
              View<float> out) {
  assert(weight.size() == static_cast<size_t>(x.cols) && out.cols == x.cols);
  const auto count = static_cast<size_t>(x.cols);
  for (int row = 0; row < x.rows; ++row) {
    const float* from = x.row(row);
    const float squares = sum_over(from, count, 0.0F, [](F32x4 v) { return v * v; });
    const float inverse = 1.0F / std::sqrt(squares / static_cast<float>(count) + epsilon);
    float* to = out.row(row);
    const F32x4 factor = splat(inverse);
    const F32x4 added = splat(offset);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      store(to + i, load(from + i) * factor * (load(&weight[i]) + added));
    }
    for (; i < count; ++i) to[i] = from[i] * inverse * (weight[i] + offset);
  }
}

float exponentiate(std::span<float> row) {
  const float maximum = max_over(row);
  if (maximum == -kInfinity) {  // nothing is allowed: no weight anywhere, rather than NaN
    for (float& value : row) value = 0.0F;
    return 0.0F;
  }
  return map_and_sum(row.data(), row.size(), -kInfinity, ShiftedExp(maximum));
}

void softmax(std::span<float> row) {
  const float sum = exponentiate(row);
  if (sum == 0.0F) return;
  const F32x4 inverse = splat(1.0F / sum);
  map_row(row.data(), row.size(), [inverse](F32x4 x) { return x * inverse; });
}

void log_softmax(std::span<float> row) {
  const RowPart whole = measure_part(row);
  apply_norm(norm_of({&whole, 1}), row);
}

RowPart measure_part(std::span<const float> part) {
  RowPart result{.maximum = max_over(part)};
  // Only of numbers do the products with 0 add up to 0.
  const F32x4 zero = splat(0.0F);
  const float check =
      sum_over(part.data(), part.size(), 0.0F, [zero](F32x4 x) { return x * zero; });
  result.finite = check == 0.0F;
  if (result.maximum != -kInfinity) {
    result.sum = sum_over(part.data(), part.size(), -kInfinity, ShiftedExp(result.maximum));
  }
  return result;
}

RowNorm norm_of(std::span<const RowPart> parts) {
  float maximum = -kInfinity;
  for (const RowPart& part : parts) maximum = maximum < part.maximum ? part.maximum : maximum;
  if (maximum == -kInfinity) return {};  // every probability is 0 and every logarithm -inf
  float sum = 0.0F;
  for (const RowPart& part : parts) sum += part.sum * std::exp(part.maximum - maximum);
  return {maximum, std::log(sum)};
}

void apply_norm(const RowNorm& norm, std::span<float> row) {
  const F32x4 maxima = splat(norm.maximum);
  const F32x4 logs = splat(norm.log_sum);
  map_row(row.data(), row.size(), [maxima, logs](F32x4 x) { return (x - maxima) - logs; });
}

void add(std::span<const float> from, std::span<float> to) {
  assert(from.size() == to.size());
  size_t i = 0;
  for (; i + 4 <= to.size(); i += 4) {
    store(to.data() + i, load(to.data() + i) + load(from.data() + i));
  }
  for (; i < to.size(); ++i) to[i] += from[i];
}

void multiply(std::span<const float> from, std::span<float> to) {
  assert(from.size() == to.size());
  size_t i = 0;
  for (; i + 4 <= to.size(); i += 4) {
    store(to.data() + i, load(to.data() + i) * load(from.data() + i));
  }
  for (; i < to.size(); ++i) to[i] *= from[i];
}

void scale(std::span<const float> from, float scale, std::span<float> to) {
  assert(from.size() == to.size());
  const F32x4 factor = splat(scale);
  size_t i = 0;
  for (; i + 4 <= to.size(); i += 4) store(to.data() + i, load(from.data() + i) * factor);
  for (; i < to.size(); ++i) to[i] = from[i] * scale;
}

bool all_finite(std::span<const float> row) {
  // Infinities and NaN are the values whose exponent bits are all set.
  const I32x4 exponent = splat(int32_t{0x7f800000});
  I32x4 found = splat(0);
  size_t i = 0;
  for (; i + 4 <= row.size(); i += 4) {
    found = found | equal(bits(load(row.data() + i)) & exponent, exponent);
  }
  if (any(found)) return false;
  for (; i < row.size(); ++i) {
    if (!std::isfinite(row[i])) return false;
  }
  return true;
}

int argmax(std::span<const float> row) {
  return index_of(row, max_over(row));
}

int index_of(std::span<const float> row, float value) {
  const F32x4 wanted = splat(value);
  size_t i = 0;
  while (i + 4 <= row.size() && !any(equal(load(row.data() + i), wanted))) i += 4;
  for (; i < row.size(); ++i) {
    if (row[i] == value) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace dragoman
