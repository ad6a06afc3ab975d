// Yardsticks. Operands are kept between calls, so that only kernels run in a timed one.
#include "kernels/probe.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernels/attention.hpp"
#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/rows.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

namespace {

using namespace simd;

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

// Bare products, operands from the first-level cache: what no kernel can exceed. Each with enough
// sums that none waits for the one before, and few enough for V8's registers.
alignas(64) int8_t peak_operands[1024];

DRAGOMAN_SIMD void store_sum(I32x4 sum, int8_t* to) {
  store(reinterpret_cast<int32_t*>(to), sum);
}
DRAGOMAN_SIMD void store_sum(F32x4 sum, int8_t* to) {
  store(reinterpret_cast<float*>(to), sum);
}

struct PeakF32 {
  static constexpr int kSums = 12, kMacs = 4;
  F32x4 zero = splat(0.0F);
  DRAGOMAN_SIMD F32x4 operator()(const int8_t* a, const int8_t* b, F32x4 sum) const {
    return madd(load(reinterpret_cast<const float*>(a)), load(reinterpret_cast<const float*>(b)),
                sum);
  }
};
struct PeakWiden {
  static constexpr int kSums = 8, kMacs = 8;
  I32x4 zero = splat(0);
  DRAGOMAN_SIMD I32x4 operator()(const int8_t* a, const int8_t* b, I32x4 sum) const {
    return sum + dot(load(reinterpret_cast<const int16_t*>(a)),
                     load(reinterpret_cast<const int16_t*>(b)));
  }
};
#if DRAGOMAN_RELAXED_DOT
alignas(16) constexpr int16_t kOnes[8] = {1, 1, 1, 1, 1, 1, 1, 1};

struct PeakSplit {
  static constexpr int kSums = 8, kMacs = 16;
  I32x4 zero = splat(0);
  I16x8 ones = load(opaque(&kOnes[0]));
  DRAGOMAN_SIMD I32x4 operator()(const int8_t* a, const int8_t* b, I32x4 sum) const {
    return sum + dot(relaxed_dot(load(a), load(b)), ones);
  }
};
struct PeakFused {
  static constexpr int kSums = 12, kMacs = 16;
  I32x4 zero = splat(0);
  DRAGOMAN_SIMD I32x4 operator()(const int8_t* a, const int8_t* b, I32x4 sum) const {
    return relaxed_dot_add(load(a), load(b), sum);
  }
};
#endif

template <typename Step>
[[gnu::noinline]] double run_peak() {
  constexpr int kTurns = 1 << 16;
  const Step step;
  decltype(step.zero) sums[size_t{Step::kSums}];
  for (auto& sum : sums) sum = step.zero;
#pragma GCC unroll 1
  for (int turn = 0; turn < kTurns; ++turn) {
    const int8_t* at = opaque(&peak_operands[turn % 8 * 16]);
    for (int j = 0; j < Step::kSums; ++j) sums[j] = step(at, at + 16 * (j + 1), sums[j]);
  }
  for (int j = 1; j < Step::kSums; ++j) sums[0] = sums[0] + sums[j];
  // Stored, so that the loop does not vanish; nothing reads so far into the operands.
  store_sum(sums[0], &peak_operands[512]);
  return double{Step::kMacs} * Step::kSums * kTurns;
}

// Sums all of a buffer, so that every byte is really read.
double run_read(int mebibytes) {
  static std::vector<int32_t> buffer;
  const size_t count = static_cast<size_t>(mebibytes) << 18;
  if (buffer.size() != count) buffer.assign(count, 1);
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

// All that is not a product, once, on small shapes: so that it is compiled before it is needed.
double run_rest() {
  static ThreadPool pool{1};
  static Arena arena;
  constexpr int kRows = 16;
  constexpr int kWidth = 64;
  std::vector<float> values(4 * kRows * kWidth, 0.5F);
  const auto part = [&values](int index) {
    return View<float>(values.data() + index * kRows * kWidth, kRows, kWidth);
  };
  const std::vector<float> ones(kWidth, 1.0F);
  const Context context{pool, arena};
  layer_norm(part(0), ones, ones, 1e-5F, part(1));
  const AttentionItem block{part(0), part(1), part(2), part(3)};
  attention(context, {&block, 1}, 2, 0.1F);
  const AttentionItem row{part(0).block(0, 1), part(1), part(2), part(3).block(0, 1)};
  attention(context, {&row, 1}, 2, 0.1F);
  const int32_t entries[] = {0, 2, 1};
  const GatheredAttentionItem gathered{part(0).row(0), entries, part(3).row(0)};
  const auto seen = [&](int index) { return View<const float>(part(index)); };
  gathered_attention(context, {&gathered, 1}, seen(1), seen(2),
                     {.heads = 2, .head_dim = part(1).cols / 2, .scale = 0.1F});
  for (const Activation activation : {Activation::kRelu, Activation::kGelu, Activation::kSilu}) {
    apply_activation(activation, values);
  }
  log_softmax(values);
  return static_cast<double>(values.size()) + argmax(values) + all_finite(values);
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
  if (kind == "rest") return run_rest();
  if (kind == "peak-f32") return run_peak<PeakF32>();
  if (kind == "peak-widen") return run_peak<PeakWiden>();
#if DRAGOMAN_RELAXED_DOT
  if (kind == "peak-split") return run_peak<PeakSplit>();
  if (kind == "peak-fused") return run_peak<PeakFused>();
#endif
  refuse(kind, size);
}

}  // namespace dragoman
