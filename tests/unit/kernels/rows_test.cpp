// Activations and row functions against the C library in double precision.
#include "kernels/rows.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "kernels/activations.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Exact = std::function<double(double)>;

// Largest error, absolute below 1 and relative above, over a fine grid and far values.
double worst_error(Activation activation, const Exact& exact) {
  std::vector<float> inputs = {-1e4F, -300.0F, -87.5F, -50.0F, 50.0F, 88.5F, 300.0F, 1e4F, 0.0F};
  for (int i = -40000; i <= 40000; ++i) inputs.push_back(static_cast<float>(i) * 0.0005F);
  std::vector<float> outputs = inputs;
  apply_activation(activation, outputs);
  double worst = 0.0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const double expected = exact(static_cast<double>(inputs[i]));
    const double error = std::abs(static_cast<double>(outputs[i]) - expected);
    worst = std::max(worst, error / std::max(1.0, std::abs(expected)));
  }
  return worst;
}

double exact_gelu_tanh(double x) {
  return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

std::vector<double> exact_softmax(const std::vector<float>& row) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const float value : row) largest = std::max(largest, static_cast<double>(value));
  std::vector<double> out;
  for (const float value : row) out.push_back(std::exp(static_cast<double>(value) - largest));
  const double sum = std::accumulate(out.begin(), out.end(), 0.0);
  for (double& value : out) value /= sum;
  return out;
}

// Against double precision, allowing for the rounding of the mean to a float.
void check_normalized(const std::vector<double>& row, const std::vector<float>& weight,
                      const std::vector<float>& bias, const std::vector<float>& got) {
  const auto n = static_cast<double>(row.size());
  const double mean = std::accumulate(row.begin(), row.end(), 0.0) / n;
  double variance = 0.0;
  for (const double value : row) variance += (value - mean) * (value - mean) / n;
  const double deviation = std::sqrt(variance + 1e-5);
  const double rounding = 2e-6 + (std::abs(mean) + 3.0) * 1.2e-7 / deviation;
  for (size_t i = 0; i < row.size(); ++i) {
    const auto factor = static_cast<double>(weight[i]);
    const double expected = (row[i] - mean) / deviation * factor + static_cast<double>(bias[i]);
    const double error = std::abs(static_cast<double>(got[i]) - expected);
    CHECK(error <= rounding * (1.0 + std::abs(factor) + std::abs(expected)));
  }
}

}  // namespace

TEST_CASE("activations are within 2e-6 of the exact functions", "[kernels][activations]") {
  CHECK(worst_error(Activation::kNone, [](double x) { return x; }) == 0.0);
  CHECK(worst_error(Activation::kRelu, [](double x) { return std::max(x, 0.0); }) == 0.0);
  CHECK(worst_error(Activation::kGelu,
                    [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }) <= 2e-6);
  CHECK(worst_error(Activation::kGeluTanh, exact_gelu_tanh) <= 2e-6);
  CHECK(worst_error(Activation::kSilu, [](double x) { return x / (1.0 + std::exp(-x)); }) <= 2e-6);
  CHECK(worst_error(Activation::kTanh, [](double x) { return std::tanh(x); }) <= 2e-6);
}

TEST_CASE("an activation does not depend on a value's place", "[kernels][activations]") {
  Random random(40);
  const std::vector<float> inputs = random.normal(1, 23, 2.0F);
  for (const Activation activation : {Activation::kGelu, Activation::kGeluTanh, Activation::kSilu,
                                      Activation::kTanh, Activation::kRelu}) {
    std::vector<float> together = inputs;
    apply_activation(activation, together);
    for (size_t i = 0; i < inputs.size(); ++i) {
      float alone = inputs[i];
      apply_activation(activation, {&alone, 1});
      CHECK(alone == together[i]);
    }
  }
}

TEST_CASE("softmax is as exact as the differences it takes powers of", "[kernels][rows]") {
  Random random(41);
  for (int n = 1; n < 40; ++n) {
    std::vector<float> row = random.normal(1, n, 5.0F);
    const std::vector<double> expected = exact_softmax(row);
    const std::vector<float> scores = row;
    const float largest = *std::max_element(row.begin(), row.end());
    softmax(row);
    for (size_t i = 0; i < row.size(); ++i) {
      const auto distance = static_cast<double>(largest - scores[i]);
      const double error = std::abs(static_cast<double>(row[i]) - expected[i]);
      CHECK(error <= (4e-7 + 1.2e-7 * distance) * expected[i] + 1e-38);
    }
  }
}

TEST_CASE("softmax ignores -inf, and a row of nothing else becomes zeros", "[kernels][rows]") {
  std::vector<float> row = {1.0F, -kInfinity, 1.0F, -kInfinity, -kInfinity};
  softmax(row);
  CHECK(row == std::vector<float>{0.5F, 0.0F, 0.5F, 0.0F, 0.0F});
  std::vector<float> nothing(7, -kInfinity);
  softmax(nothing);
  CHECK(nothing == std::vector<float>(7, 0.0F));
  std::vector<float> far = {0.0F, -1000.0F};
  softmax(far);
  CHECK(far == std::vector<float>{1.0F, 0.0F});
}

TEST_CASE("log-softmax is accurate where probabilities vanish", "[kernels][rows]") {
  Random random(42);
  for (const int n : {1, 2, 5, 16, 1001}) {
    std::vector<float> row = random.normal(1, n, 10.0F);
    row[0] += 500.0F;
    double sum = 0.0;
    const double largest = static_cast<double>(*std::max_element(row.begin(), row.end()));
    for (const float value : row) sum += std::exp(static_cast<double>(value) - largest);
    std::vector<float> out = row;
    log_softmax(out);
    for (size_t i = 0; i < row.size(); ++i) {
      const double expected = static_cast<double>(row[i]) - largest - std::log(sum);
      CHECK(std::abs(static_cast<double>(out[i]) - expected) <= 1e-6 + 1e-6 * std::abs(expected));
    }
  }
  std::vector<float> nothing(3, -kInfinity);
  log_softmax(nothing);
  for (const float value : nothing) CHECK(value == -kInfinity);
}

TEST_CASE("layer norm keeps its digits when the mean is large", "[kernels][rows]") {
  Random random(43);
  constexpr int kRows = 3;
  for (const int n : {1, 3, 8, 13, 384}) {
    for (const float offset : {0.0F, 1000.0F}) {
      INFO("n " << n << ", offset " << offset);
      std::vector<float> x = random.normal(kRows, n);
      for (float& value : x) value += offset;
      const std::vector<float> weight = random.normal(1, n);
      const std::vector<float> bias = random.normal(1, n);
      std::vector<float> out(x.size());
      layer_norm(view(std::as_const(x), kRows, n), weight, bias, 1e-5F, view(out, kRows, n));
      for (int r = 0; r < kRows; ++r) {
        const std::vector<float> got(out.begin() + r * n, out.begin() + (r + 1) * n);
        check_normalized({x.begin() + r * n, x.begin() + (r + 1) * n}, weight, bias, got);
      }
      layer_norm(view(std::as_const(x), kRows, n), weight, bias, 1e-5F, view(x, kRows, n));
      CHECK(x == out);
    }
  }
}

TEST_CASE("sums and scalings cover every element", "[kernels][rows]") {
  for (size_t n = 0; n < 20; ++n) {
    std::vector<float> from(n);
    std::iota(from.begin(), from.end(), 1.0F);
    std::vector<float> to(n, 0.5F);
    add(from, to);
    for (size_t i = 0; i < n; ++i) CHECK(to[i] == from[i] + 0.5F);
    scale(from, 3.0F, to);
    for (size_t i = 0; i < n; ++i) CHECK(to[i] == from[i] * 3.0F);
    scale(to, 2.0F, to);
    for (size_t i = 0; i < n; ++i) CHECK(to[i] == from[i] * 6.0F);
  }
}

TEST_CASE("a value that is not finite is found anywhere", "[kernels][rows]") {
  for (size_t n = 0; n < 20; ++n) {
    std::vector<float> row(n, std::numeric_limits<float>::max());
    CHECK(all_finite(row));
    for (size_t i = 0; i < n; ++i) {
      for (const float bad : {kNan, -kNan, kInfinity, -kInfinity}) {
        row[i] = bad;
        CHECK_FALSE(all_finite(row));
      }
      row[i] = -1e-42F;
    }
    CHECK(all_finite(row));
  }
}

TEST_CASE("argmax is the first of the largest, and NaN never wins", "[kernels][rows]") {
  Random random(44);
  for (int n = 1; n < 50; ++n) {
    std::vector<float> row;
    for (int i = 0; i < n; ++i) row.push_back(static_cast<float>(random.integer(-3, 3)));
    const auto expected = std::max_element(row.begin(), row.end()) - row.begin();
    CHECK(argmax(row) == expected);
  }
  CHECK(argmax(std::vector<float>{kNan, 1.0F, kNan, 2.0F, kNan, 2.0F}) == 3);
  CHECK(argmax(std::vector<float>(9, kNan)) == -1);
  CHECK(argmax(std::vector<float>{kNan, -kInfinity, -kInfinity}) == 1);
  CHECK(argmax(std::vector<float>{-1.0F, kInfinity}) == 1);
  CHECK(argmax({}) == -1);
}

TEST_CASE("the norm of a row is that of its parts, however large its values", "[kernels][rows]") {
  Random random(60);
  for (const float shift : {0.0F, -3000.0F, 3000.0F}) {
    std::vector<float> row = random.normal(1, 1003, 4.0F);
    for (float& value : row) value += shift;
    const std::span<const float> all(row);
    const RowPart parts[] = {measure_part(all.first(500)), measure_part(all.subspan(500, 3)),
                             measure_part(all.subspan(503))};
    const RowNorm norm = norm_of(parts);
    const std::vector<double> expected = exact_softmax(row);
    for (size_t i = 0; i < row.size(); ++i) {
      const auto log_prob = static_cast<double>(norm.log_prob(row[i]));
      CHECK(std::abs(log_prob - std::log(expected[i])) <= 2e-6 * (1.0 + std::abs(log_prob)));
    }
    CHECK(index_of(row, norm.maximum) == argmax(row));
  }
}

TEST_CASE("parts say whether all of their values are finite, and -inf has no share",
          "[kernels][rows]") {
  for (const float value : {kInfinity, -kInfinity, kNan}) {
    for (const size_t place : {0U, 6U, 12U}) {
      std::vector<float> row(13, 1.0F);
      CHECK(measure_part(row).finite);
      row[place] = value;
      CHECK_FALSE(measure_part(row).finite);
    }
  }
  const RowPart parts[] = {measure_part(std::vector<float>(9, -kInfinity)),
                           measure_part(std::vector<float>{-kInfinity, 5.0F})};
  const RowNorm norm = norm_of(parts);
  CHECK(norm.log_prob(5.0F) == 0.0F);
  CHECK(norm.log_prob(-kInfinity) == -kInfinity);
  const RowNorm nothing = norm_of({parts, 1});
  CHECK(nothing.log_prob(-kInfinity) == -kInfinity);
}
