// Yardsticks. Operands are kept between calls, so that only kernels run in a timed one.
#include "kernels/probe.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

namespace {

constexpr int kInputs = 384;
constexpr int kOutputs = 1536;

// A product with weights of both kinds; the values only have to be ordinary.
struct ProbeProduct {
  int rows = 0;
  ThreadPool pool{1};
  Arena arena;
  std::vector<float> x;
  std::vector<float> out;
  std::vector<int8_t> bytes = std::vector<int8_t>(packed_int8_bytes(kInputs, kOutputs), 65);
  std::vector<float> floats = std::vector<float>(packed_f32_floats(kInputs, kOutputs), 0.01F);
  std::vector<float> scales = std::vector<float>(kOutputs, 0.01F);

  void resize(int count) {
    if (rows == count) return;
    rows = count;
    const auto height = static_cast<size_t>(count);
    out.assign(height * kOutputs, 0.0F);
    x.resize(height * kInputs);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 97) - 48.0F;
  }

  void run(bool is_int8) {
    const View<const float> input(x.data(), rows, kInputs);
    const View<float> output(out.data(), rows, kOutputs);
    const Context context{pool, arena};
    if (is_int8) {
      const Int8Matrix weights{.panels = bytes.data(),
                               .scales = scales.data(),
                               .column_sums = nullptr,
                               .bias = nullptr,
                               .k = kInputs,
                               .n = kOutputs,
                               .role = OperandRole::kWeights7};
      linear(context, input, weights, {}, output);
    } else {
      linear(context, input, F32Matrix{floats.data(), nullptr, kInputs, kOutputs}, {}, output);
    }
  }
};

double run_product(bool is_int8, int rows) {
  static ProbeProduct product;
  product.resize(rows);
  constexpr double kMacs = static_cast<double>(kInputs) * kOutputs;
  constexpr double kLeastMacs = 5e7;  // about a millisecond
  double done = 0.0;
  while (done < kLeastMacs) {
    product.run(is_int8);
    done += kMacs * rows;
  }
  return done;
}

// Sums all of a buffer, so that every byte is really read.
double run_read(int mebibytes) {
  static std::vector<int32_t> buffer;
  const size_t count = static_cast<size_t>(mebibytes) << 18;
  if (buffer.size() != count) buffer.assign(count, 1);
  using namespace simd;
  I32x4 sums[4] = {splat(0), splat(0), splat(0), splat(0)};
  for (size_t i = 0; i < count; i += 16) {
    for (size_t j = 0; j < 4; ++j) sums[j] = sums[j] + load(buffer.data() + i + 4 * j);
  }
  int32_t lanes[4];
  store(lanes, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  const bool all = static_cast<size_t>(lanes[0]) == count / 4;  // keeps the loop from vanishing
  return all ? static_cast<double>(count) * sizeof(int32_t) : 0.0;
}

[[noreturn]] void refuse(std::string_view kind, int size) {
  throw Error(ErrorCode::kInvalidArgument, "There is no probe \"" + std::string(kind) +
                                               "\" of size " + std::to_string(size) +
                                               " in this build.");
}

// Runs under one form, and puts back the one in use.
double run_form(std::string_view kind, Int8Form form, int rows) {
  const Int8Form before = int8_form();
  if (!select_int8_form(form)) refuse(kind, rows);
  const double done = run_product(true, rows);
  select_int8_form(before);
  return done;
}

}  // namespace

double run_probe(std::string_view kind, int size) {
  if (size < 1 || size > 1024) refuse(kind, size);
  if (kind == "int8") return run_product(true, size);
  if (kind == "int8-widen") return run_form(kind, Int8Form::kWiden, size);
  if (kind == "int8-split") return run_form(kind, Int8Form::kSplit, size);
  if (kind == "int8-fused") return run_form(kind, Int8Form::kFused, size);
  if (kind == "f32") return run_product(false, size);
  if (kind == "read") return run_read(size);
  refuse(kind, size);
}

}  // namespace dragoman
