// Quantisation: ranges, odd lengths, degenerate rows.
#include "kernels/quantize.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::Random;

namespace {

std::vector<int8_t> quantized(const std::vector<float>& row, OperandRole role, RowScale& scale) {
  const auto k = static_cast<int>(row.size());
  std::vector<int8_t> integers(static_cast<size_t>(round_up(k, kQuantizedRowMultiple)), 99);
  scale = quantize_row(row.data(), k, role, integers.data());
  return integers;
}

double squared_error(const std::vector<float>& row, const std::vector<int8_t>& integers,
                     float scale) {
  double total = 0.0;
  for (size_t i = 0; i < row.size(); ++i) {
    const double error =
        static_cast<double>(row[i]) - static_cast<double>(scale) * static_cast<double>(integers[i]);
    total += error * error;
  }
  return total;
}

}  // namespace

TEST_CASE("rows of any length are quantised within their limits", "[kernels][quantize]") {
  Random random(20);
  for (int k = 1; k < 70; ++k) {
    const std::vector<float> row = random.normal(1, k, 3.0F);
    for (const OperandRole role : {OperandRole::kWeights7, OperandRole::kActivations7}) {
      INFO("k " << k << ", role " << static_cast<int>(role));
      RowScale scale;
      const std::vector<int8_t> integers = quantized(row, role, scale);
      const int lowest = role == OperandRole::kWeights7 ? -127 : 0;
      int sum = 0;
      for (int i = 0; i < k; ++i) {
        const int integer = integers[static_cast<size_t>(i)];
        sum += integer;
        CHECK(integer >= lowest);
      }
      CHECK(scale.correction == (role == OperandRole::kWeights7 ? 64 * sum : 0));
      CHECK(std::all_of(integers.begin() + k, integers.end(), [](int8_t v) { return v == 0; }));
    }
  }
}

TEST_CASE("16-bit rows hold the integers of 8-bit rows", "[kernels][quantize]") {
  Random random(21);
  for (const int k : {1, 15, 16, 77}) {
    const std::vector<float> row = random.normal(1, k);
    for (const OperandRole role : {OperandRole::kWeights7, OperandRole::kActivations7}) {
      RowScale scale;
      const std::vector<int8_t> narrow = quantized(row, role, scale);
      std::vector<int16_t> wide(narrow.size());
      quantize_row(row.data(), k, role, wide.data());
      CHECK(std::equal(wide.begin(), wide.end(), narrow.begin()));
    }
  }
}

TEST_CASE("one-sided and constant rows use the whole unsigned range", "[kernels][quantize]") {
  RowScale scale;
  const auto positive = quantized({0.0F, 1.0F, 2.0F, 12.7F}, OperandRole::kActivations7, scale);
  CHECK(scale.zero_point == 0);
  CHECK(positive[1] == 10);
  CHECK(positive[3] == 127);
  const auto negative = quantized({-12.7F, 0.0F, -1.0F}, OperandRole::kActivations7, scale);
  CHECK(scale.zero_point == 127);
  CHECK(negative[0] == 0);
  CHECK(negative[1] == 127);
  CHECK(negative[2] == 117);
  // A range whose ends both round away from the middle must still fit.
  const auto even = quantized({-1.0F, 1.0F}, OperandRole::kActivations7, scale);
  CHECK(int{even[0]} == 0);
  CHECK(int{even[1]} == 127);
}

TEST_CASE("rows of zeros and of denormals give zeros", "[kernels][quantize]") {
  for (const OperandRole role : {OperandRole::kWeights7, OperandRole::kActivations7}) {
    for (const float value : {0.0F, 1e-40F, -1e-40F}) {
      RowScale scale;
      const auto integers = quantized(std::vector<float>(20, value), role, scale);
      CHECK(std::isfinite(scale.scale));
      for (const int8_t integer : integers) CHECK(integer == scale.zero_point);
    }
  }
}

TEST_CASE("the scale of weights is searched: no worse than the plain one, better with outliers",
          "[kernels][quantize]") {
  Random random(22);
  for (const int limit : {63, 127}) {
    std::vector<float> row = random.normal(1, 333);
    std::vector<int8_t> integers(row.size());
    const auto plain_error = [&] {
      float largest = 0.0F;
      for (const float value : row) largest = std::max(largest, std::abs(value));
      const float scale = largest / static_cast<float>(limit);
      std::vector<int8_t> plain(row.size());
      for (size_t i = 0; i < row.size(); ++i) {
        plain[i] = static_cast<int8_t>(std::nearbyint(row[i] / scale));
      }
      return squared_error(row, plain, scale);
    };
    const float scale = quantize_weights(row, limit, integers.data());
    CHECK(squared_error(row, integers, scale) <= plain_error() * 1.0001);
    for (const int8_t integer : integers) CHECK(std::abs(integer) <= limit);
  }
  std::vector<float> row = random.normal(1, 4000);
  row[7] = 9.0F;
  std::vector<int8_t> integers(row.size());
  CHECK(quantize_weights(row, 63, integers.data()) < 9.0F / 63.0F);
  CHECK(integers[7] == 63);
}

TEST_CASE("weights of nothing but zeros have a finite scale", "[kernels][quantize]") {
  const std::vector<float> row(9, 0.0F);
  std::vector<int8_t> integers(9, 5);
  CHECK(std::isfinite(quantize_weights(row, 63, integers.data())));
  CHECK(integers == std::vector<int8_t>(9, 0));
}
