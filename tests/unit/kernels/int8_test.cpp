// The int8 product: exact sums on every path, then the whole of linear().
#include "kernels/int8_forms.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "kernels/gemm.hpp"
#include "kernels/quantize.hpp"
#include "kernels/self_test.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::pack_int8;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

constexpr Int8Form kForms[] = {Int8Form::kScalar, Int8Form::kWiden, Int8Form::kSplit,
                               Int8Form::kFused};
constexpr OperandRole kRoles[] = {OperandRole::kWeights7, OperandRole::kActivations7};

// Forms of this build that this engine executes rightly: the fused one is wrong in baseline
// compilers of old engines, which is what the self-test is for.
bool usable(Int8Form form) {
  return has_int8_form(form) && (form != Int8Form::kFused || int8_form_passes(form));
}

// The sums by definition, from unpacked weights; padding columns hold weights of 0.
std::vector<int32_t> expected_sums(const std::vector<int8_t>& x, const std::vector<int8_t>& w,
                                   int rows, int k, int n, OperandRole role) {
  const int columns = round_up(n, kPanelColumns);
  const int offset = role == OperandRole::kWeights7 ? 64 : 0;
  std::vector<int32_t> sums(static_cast<size_t>(rows * columns), 0);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      int32_t sum = 0;
      for (int i = 0; i < k; ++i) {
        const int weight = (c < n ? w[static_cast<size_t>(c * k + i)] : 0) + offset;
        sum += x[static_cast<size_t>(r * k + i)] * weight;
      }
      sums[static_cast<size_t>(r * columns + c)] = sum;
    }
  }
  return sums;
}

void check_sums(const std::vector<int8_t>& x, const std::vector<int8_t>& w, int rows, int k, int n,
                OperandRole role) {
  INFO("rows " << rows << ", k " << k << ", n " << n << ", role " << static_cast<int>(role));
  const std::vector<int32_t> expected = expected_sums(x, w, rows, k, n, role);
  const std::vector<int8_t> panels = pack_int8(w, k, n, role);
  for (const Int8Form form : kForms) {
    if (!usable(form)) continue;
    INFO("form " << static_cast<int>(form));
    std::vector<int32_t> sums(expected.size(), -1);
    int8_sums(form, x.data(), rows, panels.data(), k, n, role, sums.data());
    // Not CHECK(sums == expected): it would print thousands of numbers.
    const bool equal = sums == expected;
    CHECK(equal);
  }
}

void check_random_sums(Random& random, int rows, int k, int n) {
  for (const OperandRole role : kRoles) {
    const int limit = weight_limit(role);
    const auto x = random.integers(rows, k, role == OperandRole::kWeights7 ? -127 : 0, 127);
    const auto w = random.integers(n, k, -limit, limit);
    check_sums(x, w, rows, k, n, role);
  }
}

struct Layer {
  int k;
  int n;
  OperandRole role;
  std::vector<int8_t> w;
  std::vector<int8_t> panels;
  std::vector<float> scales;
  std::vector<int32_t> column_sums;
  std::vector<float> bias;

  Layer(Random& random, int inputs, int outputs, OperandRole operand_role)
      : k(inputs),
        n(outputs),
        role(operand_role),
        w(random.integers(n, k, -weight_limit(role), weight_limit(role))),
        panels(pack_int8(w, k, n, role)) {
    const auto columns = static_cast<size_t>(round_up(n, kPanelColumns));
    column_sums.assign(columns, 0);
    for (int i = 0; i < n * k; ++i) {
      column_sums[static_cast<size_t>(i / k)] += w[static_cast<size_t>(i)];
    }
    scales = random.normal(1, static_cast<int>(columns), 0.01F);
    bias = random.normal(1, static_cast<int>(columns));
  }
  Int8Matrix matrix() const {
    return {panels.data(), scales.data(), column_sums.data(), bias.data(), k, n, role};
  }
};

// linear() by definition, from the integers quantize_row() gives.
std::vector<float> expected_output(const Layer& layer, View<const float> x) {
  std::vector<float> out;
  std::vector<int8_t> integers(static_cast<size_t>(round_up(layer.k, kQuantizedRowMultiple)));
  for (int r = 0; r < x.rows; ++r) {
    const RowScale scale = quantize_row(x.row(r), layer.k, layer.role, integers.data());
    for (int c = 0; c < layer.n; ++c) {
      int32_t sum = 0;
      for (int i = 0; i < layer.k; ++i) {
        sum += (integers[static_cast<size_t>(i)] - scale.zero_point) *
               layer.w[static_cast<size_t>(c * layer.k + i)];
      }
      const auto column = static_cast<size_t>(c);
      out.push_back(static_cast<float>(sum) * (layer.scales[column] * scale.scale) +
                    layer.bias[column]);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("int8 sums are the same integers on every path", "[kernels][int8]") {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    check_random_sums(random, random.integer(1, 14), random.integer(1, 150), random.integer(1, 80));
  }
}

TEST_CASE("int8 sums hold for tall products and for k beyond one block", "[kernels][int8]") {
  Random random(2);
  check_random_sums(random, 67, 90, 17);
  check_random_sums(random, 130, 33, 3);
  check_random_sums(random, 3, 4096, 16);
  check_random_sums(random, 5, 4097, 18);
  check_random_sums(random, 2, 5000, 33);
  check_random_sums(random, 1, random.integer(4100, 5000), 5);
}

TEST_CASE("int8 sums do not saturate at the ends of the operands' ranges", "[kernels][int8]") {
  constexpr int kInputs = 1030;
  for (const OperandRole role : kRoles) {
    const int limit = weight_limit(role);
    const int lowest = role == OperandRole::kWeights7 ? -127 : 0;
    for (const int input : {lowest, 127}) {
      for (const int weight : {-limit, limit}) {
        const std::vector<int8_t> x(3 * kInputs, static_cast<int8_t>(input));
        const std::vector<int8_t> w(17 * kInputs, static_cast<int8_t>(weight));
        check_sums(x, w, 3, kInputs, 17, role);
      }
    }
    // Signs that alternate within the pairs and fours that are added in 16 bits.
    std::vector<int8_t> x(3 * kInputs);
    std::vector<int8_t> w(17 * kInputs);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<int8_t>(i % 4 < 2 ? 127 : lowest);
    for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<int8_t>(i % 4 < 2 ? limit : -limit);
    check_sums(x, w, 3, kInputs, 17, role);
  }
}

TEST_CASE("the self-test passes for the form in use, and forms can be chosen", "[kernels][int8]") {
  CHECK(kernels_self_test());
  const Int8Form first = int8_form();
  CHECK(has_int8_form(first));
  REQUIRE(select_int8_form(Int8Form::kWiden));
  CHECK(int8_form() == Int8Form::kWiden);
  CHECK(kernels_self_test());
  if (!has_int8_form(Int8Form::kFused)) {
    CHECK_FALSE(select_int8_form(Int8Form::kFused));
    CHECK_FALSE(int8_form_passes(Int8Form::kFused));
    CHECK(int8_form() == Int8Form::kWiden);
  }
  REQUIRE(select_int8_form(first));
}

TEST_CASE("every form of the int8 product gives the same output", "[kernels][int8]") {
  Random random(7);
  ThreadPool pool(1);
  Arena arena;
  const Int8Form first = int8_form();
  for (const OperandRole role : kRoles) {
    for (const int rows : {1, 2, 3, 11, 64}) {
      const Layer layer(random, 70, 83, role);
      const std::vector<float> x = random.normal(rows, layer.k);
      const std::vector<float> expected = expected_output(layer, view(x, rows, layer.k));
      for (const Int8Form form : kForms) {
        if (!usable(form)) continue;
        INFO("rows " << rows << ", form " << static_cast<int>(form));
        REQUIRE(select_int8_form(form));
        std::vector<float> out(expected.size());
        linear({pool, arena}, view(x, rows, layer.k), layer.matrix(), {}, view(out, rows, layer.n));
        const bool equal = out == expected;
        CHECK(equal);
      }
    }
  }
  REQUIRE(select_int8_form(first));
}

TEST_CASE("linear with int8 weights is the scaled sum plus bias", "[kernels][int8]") {
  Random random(3);
  ThreadPool pool(1);
  Arena arena;
  for (const OperandRole role : kRoles) {
    for (const auto& [rows, k, n] : {std::tuple{1, 64, 48}, {6, 77, 19}, {71, 130, 50}}) {
      INFO("rows " << rows << ", k " << k << ", n " << n);
      const Layer layer(random, k, n, role);
      const std::vector<float> x = random.normal(rows, k);
      std::vector<float> out(static_cast<size_t>(rows * n));
      linear({pool, arena}, view(x, rows, k), layer.matrix(), {}, view(out, rows, n));
      const bool equal = out == expected_output(layer, view(x, rows, k));
      CHECK(equal);
    }
  }
}

TEST_CASE("a row has the same bits alone, in a batch, and on threads", "[kernels][int8]") {
  Random random(4);
  constexpr int kRows = 131;
  constexpr int kInputs = 200;
  constexpr int kOutputs = 90;
  ThreadPool one(1);
  ThreadPool three(3);
  Arena arena;
  for (const OperandRole role : kRoles) {
    const Layer layer(random, kInputs, kOutputs, role);
    const Epilogue epilogue{.activation = Activation::kGelu};
    const std::vector<float> x = random.normal(kRows, kInputs);
    std::vector<float> batch(kRows * kOutputs);
    std::vector<float> shared(kRows * kOutputs);
    std::vector<float> alone(kRows * kOutputs);
    linear({one, arena}, view(x, kRows, kInputs), layer.matrix(), epilogue,
           view(batch, kRows, kOutputs));
    linear({three, arena}, view(x, kRows, kInputs), layer.matrix(), epilogue,
           view(shared, kRows, kOutputs));
    for (int row = 0; row < kRows; ++row) {
      linear({one, arena}, view(x, kRows, kInputs).block(row, 1), layer.matrix(), epilogue,
             view(alone, kRows, kOutputs).block(row, 1));
    }
    const bool batch_is_alone = batch == alone;
    const bool batch_is_shared = batch == shared;
    CHECK(batch_is_alone);
    CHECK(batch_is_shared);
  }
}

TEST_CASE("the epilogue activates, then adds a residual that may be the output",
          "[kernels][int8]") {
  Random random(5);
  constexpr int kRows = 5;
  constexpr int kOutputs = 37;
  ThreadPool pool(1);
  Arena arena;
  const Layer layer(random, 40, kOutputs, OperandRole::kWeights7);
  const std::vector<float> x = random.normal(kRows, 40);
  // A wider stride, whose gap must stay untouched.
  std::vector<float> residual = random.normal(kRows, 50);
  std::vector<float> expected = residual;
  std::vector<float> plain(kRows * kOutputs);
  linear({pool, arena}, view(x, kRows, 40), layer.matrix(), {}, view(plain, kRows, kOutputs));
  apply_activation(Activation::kTanh, plain);
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kOutputs; ++c) {
      expected[static_cast<size_t>(r * 50 + c)] += plain[static_cast<size_t>(r * kOutputs + c)];
    }
  }
  const View<float> out(residual.data(), kRows, kOutputs, 50);
  linear({pool, arena}, view(x, kRows, 40), layer.matrix(),
         {.activation = Activation::kTanh, .residual = out}, out);
  CHECK(residual == expected);
}

TEST_CASE("a quantised product is near the real one", "[kernels][int8]") {
  Random random(6);
  constexpr int kInputs = 512;
  const std::vector<float> row = random.normal(1, kInputs);
  for (const OperandRole role : kRoles) {
    std::vector<int8_t> integers(kInputs);
    const RowScale scale = quantize_row(row.data(), kInputs, role, integers.data());
    double worst = 0.0;
    for (size_t i = 0; i < integers.size(); ++i) {
      const int from_zero = integers[i] - scale.zero_point;
      const float real = scale.scale * static_cast<float>(from_zero);
      worst = std::max(worst, static_cast<double>(std::abs(real - row[i])));
    }
    // Half a step, and at the ends of the asymmetric range one more half.
    const double steps = role == OperandRole::kWeights7 ? 0.5001 : 1.0001;
    CHECK(worst <= steps * static_cast<double>(scale.scale));
  }
}
