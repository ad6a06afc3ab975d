// Layers that own weights: filled row by row in any order, from f32 and from int8 files.
#include "nn/linear.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "kernels/reference.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

constexpr WeightType kTypes[] = {WeightType::kFp32, WeightType::kInt8};
constexpr OperandRole kRoles[] = {OperandRole::kWeights7, OperandRole::kActivations7};

std::vector<float> row_of(const std::vector<float>& matrix, int row, int cols) {
  return {matrix.begin() + row * cols, matrix.begin() + (row + 1) * cols};
}

void put_rows(Slot* slot, const std::vector<float>& matrix) {
  for (int row = slot->rows(); row-- > 0;) slot->put_row(row, row_of(matrix, row, slot->cols()));
}

double relative_error(const std::vector<float>& got, const std::vector<float>& expected) {
  double error = 0.0;
  double norm = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    error += std::pow(static_cast<double>(got[i]) - static_cast<double>(expected[i]), 2.0);
    norm += std::pow(static_cast<double>(expected[i]), 2.0);
  }
  return std::sqrt(error / norm);
}

std::vector<float> forward(const Linear& layer, const std::vector<float>& x, int rows) {
  ThreadPool pool(1);
  Arena arena;
  std::vector<float> out(static_cast<size_t>(rows * layer.outputs()));
  layer.forward({pool, arena}, view(x, rows, layer.inputs()), {}, view(out, rows, layer.outputs()));
  return out;
}

std::vector<float> weight_row(const Linear& layer, int index) {
  std::vector<float> row(static_cast<size_t>(layer.inputs()));
  layer.weight_row(index, row);
  return row;
}

template <typename Action>
void check_model_format(const Action& action, const std::string& message) {
  try {
    action();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModelFormat);
    CHECK(std::string(error.what()) == message);
  }
}

}  // namespace

TEST_CASE("a linear layer computes x W^T + b in both types", "[nn][linear]") {
  Random random(60);
  constexpr int kInputs = 101;
  constexpr int kOutputs = 37;
  const std::vector<float> w = random.normal(kOutputs, kInputs);
  const std::vector<float> bias = random.normal(1, kOutputs);
  const std::vector<float> x = random.normal(4, kInputs);
  std::vector<float> expected(4 * kOutputs);
  reference_linear(view(x, 4, kInputs), view(w, kOutputs, kInputs), bias,
                   view(expected, 4, kOutputs));
  for (const WeightType type : kTypes) {
    for (const OperandRole role : kRoles) {
      Linear layer(kInputs, kOutputs, type, role);
      CHECK(layer.weight_slot()->shape() == std::vector<int64_t>{kOutputs, kInputs});
      CHECK(layer.bias_slot()->shape() == std::vector<int64_t>{kOutputs});
      put_rows(layer.weight_slot(), w);
      put_rows(layer.bias_slot(), bias);
      const double limit = type == WeightType::kFp32 ? 1e-6 : 0.02;
      CHECK(relative_error(forward(layer, x, 4), expected) < limit);
    }
  }
}

TEST_CASE("ranges of a fused layer are filled apart and by the same slots", "[nn][linear]") {
  Random random(61);
  constexpr int kWidth = 24;
  for (const WeightType type : kTypes) {
    Linear fused(kWidth, 3 * kWidth, type, OperandRole::kWeights7);
    Linear whole(kWidth, 3 * kWidth, type, OperandRole::kWeights7);
    CHECK(fused.weight_slot(kWidth, kWidth) == fused.weight_slot(kWidth, kWidth));
    CHECK(fused.weight_slot(0, kWidth) != fused.weight_slot(kWidth, kWidth));
    CHECK(fused.bias_slot(0, kWidth) == fused.bias_slot(0, kWidth));
    const std::vector<float> w = random.normal(3 * kWidth, kWidth);
    const std::vector<float> bias = random.normal(1, 3 * kWidth);
    put_rows(whole.weight_slot(), w);
    put_rows(whole.bias_slot(), bias);
    for (const int part : {2, 0, 1}) {
      const auto first = w.begin() + part * kWidth * kWidth;
      put_rows(fused.weight_slot(part * kWidth, kWidth), {first, first + kWidth * kWidth});
      put_rows(fused.bias_slot(part * kWidth, kWidth), row_of(bias, part, kWidth));
    }
    Linear moved = std::move(fused);
    const std::vector<float> x = random.normal(3, kWidth);
    CHECK(forward(moved, x, 3) == forward(whole, x, 3));
  }
}

TEST_CASE("rows read back from the matrix are the rows put in", "[nn][linear]") {
  Random random(62);
  constexpr int kInputs = 30;
  const std::vector<float> w = random.normal(20, kInputs);
  for (const WeightType type : kTypes) {
    for (const OperandRole role : kRoles) {
      Linear layer(kInputs, 20, type, role, false);
      put_rows(layer.weight_slot(), w);
      for (int row = 0; row < 20; ++row) {
        const double error = relative_error(weight_row(layer, row), row_of(w, row, kInputs));
        const double limit = role == OperandRole::kWeights7 ? 0.02 : 0.01;
        CHECK(error <= (type == WeightType::kFp32 ? 0.0 : limit));
      }
    }
  }
}

TEST_CASE("int8 rows mean the same before and after their scales", "[nn][linear]") {
  Random random(63);
  constexpr int kInputs = 33;
  constexpr int kRows = 18;
  const std::vector<int8_t> w = random.integers(kRows, kInputs, -127, 127);
  std::vector<float> scales(kRows);
  for (float& scale : scales) scale = static_cast<float>(random.integer(1, 100)) * 0.001F;
  for (const WeightType type : kTypes) {
    for (const OperandRole role : kRoles) {
      Linear before(kInputs, kRows, type, role);
      Linear after(kInputs, kRows, type, role);
      before.weight_slot()->put_scales(scales);
      for (int row = 0; row < kRows; ++row) {
        const std::span<const int8_t> values(w.data() + row * kInputs, kInputs);
        before.weight_slot()->put_row_int8(row, values);
        after.weight_slot()->put_row_int8(row, values);
      }
      after.weight_slot()->put_scales(scales);
      const bool exact = type == WeightType::kFp32 || role == OperandRole::kActivations7;
      for (int row = 0; row < kRows; ++row) {
        std::vector<float> expected;
        for (int i = 0; i < kInputs; ++i) {
          expected.push_back(static_cast<float>(w[static_cast<size_t>(row * kInputs + i)]) *
                             scales[static_cast<size_t>(row)]);
        }
        CHECK(weight_row(before, row) == weight_row(after, row));
        CHECK(relative_error(weight_row(before, row), expected) <= (exact ? 0.0 : 0.02));
      }
      const std::vector<float> x = random.normal(2, kInputs);
      CHECK(forward(before, x, 2) == forward(after, x, 2));
    }
  }
}

TEST_CASE("one scale may serve all rows, and -128 is clamped where it must be", "[nn][linear]") {
  const std::vector<int8_t> row = {-128, 127, 0, 64};
  for (const OperandRole role : kRoles) {
    Linear layer(4, 2, WeightType::kInt8, role);
    layer.weight_slot()->put_row_int8(0, row);
    layer.weight_slot()->put_row_int8(1, row);
    layer.weight_slot()->put_scales(std::vector<float>{0.5F});
    CHECK(weight_row(layer, 0) == weight_row(layer, 1));
    if (role == OperandRole::kActivations7) {
      CHECK(weight_row(layer, 0) == std::vector<float>{-63.5F, 63.5F, 0.0F, 32.0F});
    } else {
      CHECK(std::abs(weight_row(layer, 0)[0] + 63.5F) < 0.6F);
    }
  }
  Linear exact(4, 1, WeightType::kFp32, OperandRole::kWeights7);
  exact.weight_slot()->put_row_int8(0, row);
  exact.weight_slot()->put_scales(std::vector<float>{0.5F});
  CHECK(weight_row(exact, 0) == std::vector<float>{-64.0F, 63.5F, 0.0F, 32.0F});
}

TEST_CASE("small int8 rows keep their integers under the 7-bit limit", "[nn][linear]") {
  Linear layer(3, 1, WeightType::kInt8, OperandRole::kWeights7);
  layer.weight_slot()->put_row_int8(0, std::vector<int8_t>{-63, 5, 63});
  layer.weight_slot()->put_scales(std::vector<float>{2.0F});
  CHECK(weight_row(layer, 0) == std::vector<float>{-126.0F, 10.0F, 126.0F});
}

TEST_CASE("int4 layers hold groups exactly as they are given, and round what is not",
          "[nn][int4]") {
  Random random(65);
  constexpr int kInputs = 71;
  constexpr int kRows = 19;
  const std::vector<int8_t> w = random.integers(kRows, kInputs, -8, 7);
  const std::vector<float> scales = random.normal(kRows, 3, 0.01F);
  Linear given(kInputs, kRows, WeightType::kInt4, OperandRole::kActivations7, false);
  Linear exact(kInputs, kRows, WeightType::kFp32, OperandRole::kActivations7, false);
  Linear rounded(kInputs, kRows, WeightType::kInt4, OperandRole::kActivations7, false);
  for (int row = 0; row < kRows; ++row) {
    const std::span<const int8_t> values(w.data() + row * kInputs, kInputs);
    const std::span<const float> own(scales.data() + row * 3, 3);
    given.weight_slot()->put_row_int4(row, values, own);
    exact.weight_slot()->put_row_int4(row, values, own);
    rounded.weight_slot()->put_row(row, weight_row(exact, row));
    CHECK(weight_row(given, row) == weight_row(exact, row));
    CHECK(relative_error(weight_row(rounded, row), weight_row(exact, row)) < 0.1);
  }
  const std::vector<float> x = random.normal(3, kInputs);
  CHECK(relative_error(forward(given, x, 3), forward(exact, x, 3)) < 0.01);
  CHECK(given.packed_bytes() == 2 * 3 * 320);
  CHECK_FALSE(given.weight_slot()->holds_int8());
  check_model_format(
      [&] { given.weight_slot()->put_row_int4(0, std::vector<int8_t>(kInputs), {}); },
      "Row 0 has 0 values instead of 3.");
}

TEST_CASE("int8 rows come into int4 layers before and after their scales", "[nn][int4]") {
  Random random(66);
  constexpr int kInputs = 64;
  const std::vector<int8_t> w = random.integers(2, kInputs, -127, 127);
  const std::vector<float> scales = {0.01F, 0.5F};
  Linear before(kInputs, 2, WeightType::kInt4, OperandRole::kWeights7, false);
  Linear after(kInputs, 2, WeightType::kInt4, OperandRole::kWeights7, false);
  before.weight_slot()->put_scales(scales);
  for (int row = 0; row < 2; ++row) {
    const std::span<const int8_t> values(w.data() + row * kInputs, kInputs);
    before.weight_slot()->put_row_int8(row, values);
    after.weight_slot()->put_row_int8(row, values);
  }
  after.weight_slot()->put_scales(scales);
  for (int row = 0; row < 2; ++row) {
    std::vector<float> expected;
    for (int i = 0; i < kInputs; ++i) {
      expected.push_back(w[static_cast<size_t>(row * kInputs + i)] *
                         scales[static_cast<size_t>(row)]);
    }
    CHECK(relative_error(weight_row(before, row), expected) < 0.1);
    CHECK(relative_error(weight_row(after, row), weight_row(before, row)) < 1e-6);
  }
}

TEST_CASE("rows that no model may hold are refused", "[nn][linear]") {
  Linear layer(2, 3, WeightType::kInt8, OperandRole::kWeights7);
  Slot* slot = layer.weight_slot();
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    check_model_format([&] { slot->put_row(1, std::vector<float>{1.0F, bad}); },
                       "Row 1 holds a value that is not a finite number.");
    check_model_format([&] { layer.bias_slot()->put_row(0, std::vector<float>{1.0F, bad, 2.0F}); },
                       "Row 0 holds a value that is not a finite number.");
    check_model_format([&] { slot->put_scales(std::vector<float>{1.0F, bad, 1.0F}); },
                       "A row's scale is not a finite number.");
  }
  check_model_format([&] { slot->put_row(3, std::vector<float>{1.0F, 2.0F}); },
                     "Row 3 lies outside the 3 expected.");
  check_model_format([&] { slot->put_row(0, std::vector<float>{1.0F}); },
                     "Row 0 has 1 values instead of 2.");
  check_model_format([&] { slot->put_scales(std::vector<float>{1.0F, 2.0F}); },
                     "2 scales were given for 3 rows.");
}

TEST_CASE("vectors start at their initial value and take f32 or scaled int8", "[nn][linear]") {
  Vector vector(3, 1.0F);
  CHECK(std::ranges::equal(vector.values(), std::vector<float>{1.0F, 1.0F, 1.0F}));
  vector.slot()->put_row(0, std::vector<float>{1.0F, -2.0F, 3.0F});
  CHECK(std::ranges::equal(vector.values(), std::vector<float>{1.0F, -2.0F, 3.0F}));
  Vector before(2);
  before.slot()->put_scales(std::vector<float>{0.5F});
  before.slot()->put_row_int8(0, std::vector<int8_t>{-128, 6});
  CHECK(std::ranges::equal(before.values(), std::vector<float>{-64.0F, 3.0F}));
  Vector after(2);
  after.slot()->put_row_int8(0, std::vector<int8_t>{-128, 6});
  after.slot()->put_scales(std::vector<float>{0.5F});
  CHECK(std::ranges::equal(after.values(), before.values()));
}

TEST_CASE("embedding rows come back, from f32 and from int8 files", "[nn][linear]") {
  Random random(64);
  const std::vector<float> table = random.normal(10, 7);
  for (const WeightType type : kTypes) {
    Embedding embedding(10, 7, type);
    CHECK(embedding.slot()->shape() == std::vector<int64_t>{10, 7});
    put_rows(embedding.slot(), table);
    std::vector<float> row(7);
    for (int i = 0; i < 10; ++i) {
      embedding.row(i, row);
      CHECK(relative_error(row, row_of(table, i, 7)) <= (type == WeightType::kFp32 ? 0.0 : 0.01));
    }
    for (const bool scales_first : {true, false}) {
      Embedding stored(2, 3, type);
      const std::vector<float> scales = {0.5F, 2.0F};
      if (scales_first) stored.slot()->put_scales(scales);
      stored.slot()->put_row_int8(0, std::vector<int8_t>{-128, 1, 127});
      stored.slot()->put_row_int8(1, std::vector<int8_t>{3, 4, 5});
      if (!scales_first) stored.slot()->put_scales(scales);
      std::vector<float> values(3);
      stored.row(0, values);
      CHECK(values == std::vector<float>{-64.0F, 0.5F, 63.5F});
      stored.row(1, values);
      CHECK(values == std::vector<float>{6.0F, 8.0F, 10.0F});
    }
  }
}

TEST_CASE("packed sizes are those of the padded arrays", "[nn][linear]") {
  const Linear bytes(30, 20, WeightType::kInt8, OperandRole::kWeights7);
  CHECK(bytes.packed_bytes() == 32 * 32 + 2 * 32 * 4);
  const Linear sums(30, 20, WeightType::kInt8, OperandRole::kActivations7, false);
  CHECK(sums.packed_bytes() == 32 * 32 + 2 * 32 * 4);
  const Linear floats(30, 20, WeightType::kFp32, OperandRole::kWeights7, false);
  CHECK(floats.packed_bytes() == 30 * 32 * 4);
  CHECK(Embedding(10, 7, WeightType::kInt8).packed_bytes() == 70 + 40);
  CHECK(Embedding(10, 7, WeightType::kFp32).packed_bytes() == 280);
}
