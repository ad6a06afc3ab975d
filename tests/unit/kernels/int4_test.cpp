// The int4 product: packing, quantisation, and linear() on every form of the integer product.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/quantize.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

constexpr Int8Form kForms[] = {Int8Form::kScalar, Int8Form::kWiden, Int8Form::kSplit,
                               Int8Form::kFused};

int groups_of(int k) {
  return round_up(k, kInt4Inputs) / kInt4Inputs;
}

struct Layer {
  int k;
  int n;
  std::vector<int8_t> w;      // [n, k]
  std::vector<float> scales;  // [n, groups]
  std::vector<float> bias;
  std::vector<uint8_t> panels;

  Layer(Random& random, int inputs, int outputs)
      : k(inputs),
        n(outputs),
        w(static_cast<size_t>(n * k)),
        scales(static_cast<size_t>(n * groups_of(k))),
        bias(random.normal(1, round_up(n, kPanelColumns))),
        panels(packed_int4_bytes(k, n), 0xff) {
    clear_packed_int4(panels.data(), k, n);
    const std::vector<float> real = random.normal(n, k, 0.1F);
    for (int c = 0; c < n; ++c) {
      const std::span<const float> row(real.data() + c * k, static_cast<size_t>(k));
      quantize_weights_int4(row, w.data() + c * k, scales.data() + c * groups_of(k));
      pack_column_int4(panels.data(), k, c, w.data() + c * k, scales.data() + c * groups_of(k));
    }
  }
  Int4Matrix matrix() const { return {panels.data(), bias.data(), k, n}; }

  // By definition, in double; every group's sum is an exact integer.
  float expected(const std::vector<int8_t>& x, float row_scale, int c) const {
    double total = 0.0;
    for (int group = 0; group < groups_of(k); ++group) {
      int32_t sum = 0;
      for (int i = group * kInt4Inputs; i < std::min(k, (group + 1) * kInt4Inputs); ++i) {
        sum += x[static_cast<size_t>(i)] * w[static_cast<size_t>(c * k + i)];
      }
      total += sum * static_cast<double>(scales[static_cast<size_t>(c * groups_of(k) + group)]);
    }
    return static_cast<float>(total * static_cast<double>(row_scale)) +
           bias[static_cast<size_t>(c)];
  }
};

std::vector<float> run(const Layer& layer, const std::vector<float>& x, int rows, int threads = 1) {
  ThreadPool pool(threads);
  Arena arena;
  std::vector<float> out(static_cast<size_t>(rows * layer.n));
  linear({pool, arena}, view(x, rows, layer.k), layer.matrix(), {}, view(out, rows, layer.n));
  return out;
}

}  // namespace

TEST_CASE("packed int4 columns come back as they were", "[kernels][int4]") {
  Random random(70);
  for (const auto& [k, n] : {std::pair{32, 16}, {70, 19}, {5, 1}, {128, 40}}) {
    INFO("k " << k << ", n " << n);
    const Layer layer(random, k, n);
    for (int c = 0; c < n; ++c) {
      std::vector<int8_t> values(static_cast<size_t>(k));
      std::vector<float> scales(static_cast<size_t>(groups_of(k)));
      std::vector<float> real(values.size());
      unpack_column_int4(layer.panels.data(), k, c, values.data(), scales.data());
      dequantize_column_int4(layer.panels.data(), k, c, real.data());
      CHECK(std::equal(values.begin(), values.end(), layer.w.begin() + c * k));
      CHECK(std::equal(scales.begin(), scales.end(), layer.scales.begin() + c * groups_of(k)));
      for (size_t i = 0; i < real.size(); ++i) {
        CHECK(real[i] == static_cast<float>(values[i]) * scales[i / kInt4Inputs]);
      }
    }
  }
}

TEST_CASE("int4 weights use all 16 levels", "[kernels][int4]") {
  Random random(71);
  const std::vector<float> values = random.normal(1, 32 * 200 + 7);
  std::vector<int8_t> integers(values.size());
  std::vector<float> scales(201);
  quantize_weights_int4(values, integers.data(), scales.data());
  double error = 0.0;
  for (size_t i = 0; i < values.size(); ++i) {
    CHECK((integers[i] >= -8 && integers[i] <= 7));
    const float difference = values[i] - static_cast<float>(integers[i]) * scales[i / 32];
    error += static_cast<double>(difference) * static_cast<double>(difference);
  }
  CHECK(std::sqrt(error / static_cast<double>(values.size())) < 0.09);
  CHECK(*std::min_element(integers.begin(), integers.end()) == -8);
  CHECK(*std::max_element(integers.begin(), integers.end()) == 7);
}

TEST_CASE("a group of zeros stays one, and a single value keeps its digits", "[kernels][int4]") {
  std::vector<float> values(64, 0.0F);
  values[40] = 3.0F;
  std::vector<int8_t> integers(64, 9);
  float scales[2] = {9.0F, 9.0F};
  quantize_weights_int4(values, integers.data(), scales);
  CHECK(std::count(integers.begin(), integers.end(), 0) == 63);
  CHECK(std::abs(static_cast<float>(integers[40]) * scales[1] - 3.0F) < 0.01F);
  CHECK(scales[0] == 0.0F);
}

TEST_CASE("linear with int4 weights adds up exact sums of groups", "[kernels][int4]") {
  Random random(72);
  for (const auto& [rows, k, n] :
       {std::tuple{1, 64, 48}, {1, 77, 1200}, {2, 32, 16}, {6, 77, 19}, {71, 130, 50}}) {
    INFO("rows " << rows << ", k " << k << ", n " << n);
    const Layer layer(random, k, n);
    const std::vector<float> x = random.normal(rows, k);
    const std::vector<float> out = run(layer, x, rows);
    std::vector<int8_t> integers(static_cast<size_t>(round_up(k, kQuantizedRowMultiple)));
    float worst = 0.0F;
    for (int r = 0; r < rows; ++r) {
      const RowScale scale =
          quantize_row(x.data() + r * k, k, OperandRole::kWeights7, integers.data());
      for (int c = 0; c < n; ++c) {
        const float expected = layer.expected(integers, scale.scale, c);
        worst = std::max(worst, std::abs(out[static_cast<size_t>(r * n + c)] - expected));
      }
    }
    CHECK(worst <= 2e-6F);
  }
}

TEST_CASE("int4 sums do not overflow at the ends of the operands' ranges", "[kernels][int4]") {
  constexpr int kInputs = 96;
  for (const int8_t weight : {int8_t{-8}, int8_t{7}}) {
    for (const float input : {-1.0F, 1.0F}) {
      std::vector<uint8_t> panels(packed_int4_bytes(kInputs, 16));
      clear_packed_int4(panels.data(), kInputs, 16);
      const std::vector<int8_t> column(kInputs, weight);
      const float scales[3] = {1.0F, 1.0F, 1.0F};
      for (int c = 0; c < 16; ++c) {
        pack_column_int4(panels.data(), kInputs, c, column.data(), scales);
      }
      const std::vector<float> x(3 * kInputs, input);
      for (const int rows : {1, 3}) {
        ThreadPool pool(1);
        Arena arena;
        std::vector<float> out(static_cast<size_t>(rows * 16));
        linear({pool, arena}, view(x, rows, kInputs),
               Int4Matrix{panels.data(), nullptr, kInputs, 16}, {}, view(out, rows, 16));
        for (const float value : out) {
          CHECK(std::abs(value - kInputs * static_cast<float>(weight) * input) < 1e-3F);
        }
      }
    }
  }
}

TEST_CASE("an int4 row has the same bits alone, in a batch, on threads, and in every form",
          "[kernels][int4]") {
  Random random(73);
  constexpr int kRows = 70;
  const Layer layer(random, 200, 150);
  const std::vector<float> x = random.normal(kRows, layer.k);
  const Int8Form first = int8_form();
  const std::vector<float> batch = run(layer, x, kRows);
  for (const Int8Form form : kForms) {
    if (!has_int8_form(form) || !select_int8_form(form)) continue;
    INFO("form " << static_cast<int>(form));
    const bool shared = run(layer, x, kRows, 3) == batch;
    CHECK(shared);
    for (int row = 0; row < kRows; ++row) {
      const std::vector<float> one(x.begin() + row * layer.k, x.begin() + (row + 1) * layer.k);
      const std::vector<float> alone = run(layer, one, 1);
      const bool equal = std::equal(alone.begin(), alone.end(), batch.begin() + row * layer.n);
      CHECK(equal);
    }
  }
  REQUIRE(select_int8_form(first));
}
