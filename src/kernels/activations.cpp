// Activations, four values at a time.
#include "kernels/activations.hpp"

#include "kernels/vector_math.hpp"

namespace dragoman {

namespace {

using namespace simd;

struct Relu {
  F32x4 zero = splat(0.0F);
  F32x4 operator()(F32x4 x) const { return max(x, zero); }
};

// x * sigmoid(x) = x / (1 + e^-x)
struct Silu {
  ExpConstants c = load_exp_constants();
  F32x4 zero = splat(0.0F);
  F32x4 operator()(F32x4 x) const { return x / (exp(zero - x, c) + c.one); }
};

// 1 - 2 / (e^2x + 1)
struct Tanh {
  ExpConstants c = load_exp_constants();
  F32x4 operator()(F32x4 x) const { return c.one - (c.one + c.one) / (exp(x + x, c) + c.one); }
};

constexpr Table<2> kGeluTanhTable({-1.5957691216F, -0.0713548162726F});

// x/2 (1 + tanh u) = x / (1 + e^-2u) with u = sqrt(2/pi) (x + 0.044715 x^3)
// (Hendrycks and Gimpel 2016)
struct GeluTanh {
  ExpConstants c = load_exp_constants();
  const float* k = kGeluTanhTable.loaded();
  F32x4 linear = load(k);
  F32x4 cubic = load(k + 4);
  F32x4 operator()(F32x4 x) const {
    const F32x4 exponent = x * madd(x * x, cubic, linear);
    return x / (exp(exponent, c) + c.one);
  }
};

constexpr Table<8> kGeluTable({-9.0F,
                               // log2(erfc(-t / sqrt(2)) / 2) on [-9, 0], weighted by its share in
                               // the result: 1e-7 there
                               -0.9999991059303284F, 1.1511449813842773F, -0.45893481373786926F,
                               0.05320511385798454F, 0.00795378815382719F, 0.0007323239697143435F,
                               2.9042570531601086e-05F});

// max(x, 0) - |x| Q with Q = erfc(|x| / sqrt(2)) / 2: the tail is a product, so that large
// negative inputs lose no digits to a difference. Q is 2 to the power of a polynomial: neither a
// division nor a second function. |x| is bounded where Q is far below any float's precision.
struct Gelu {
  Exp2Constants c = load_exp2_constants();
  const float* k = kGeluTable.loaded();
  F32x4 bound = load(k), g0 = load(k + 4), g1 = load(k + 8), g2 = load(k + 12), g3 = load(k + 16),
        g4 = load(k + 20), g5 = load(k + 24), g6 = load(k + 28), zero = splat(0.0F);
  F32x4 operator()(F32x4 x) const {
    const F32x4 t = max(zero - abs(x), bound);
    F32x4 power = madd(t, g6, g5);
    power = madd(power, t, g4);
    power = madd(power, t, g3);
    power = madd(power, t, g2);
    power = madd(power, t, g1);
    power = madd(power, t, g0);
    return madd(t, exp2(power, c), max(x, zero));
  }
};

template <typename Function>
[[gnu::noinline]] void apply(std::span<float> values) {
  const Function function;
  float* at = values.data();
  size_t left = values.size();
  for (; left >= 8; left -= 8, at += 8) {  // two at a time hide each other's latency
    const F32x4 first = function(load(at));
    const F32x4 second = function(load(at + 4));
    store(at, first);
    store(at + 4, second);
  }
  for (; left >= 4; left -= 4, at += 4) store(at, function(load(at)));
  if (left > 0) store_part(at, left, function(load_part(at, left, 0.0F)));
}

}  // namespace

void apply_activation(Activation activation, std::span<float> values) {
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      return apply<Relu>(values);
    case Activation::kGelu:
      return apply<Gelu>(values);
    case Activation::kGeluTanh:
      return apply<GeluTanh>(values);
    case Activation::kSilu:
      return apply<Silu>(values);
    case Activation::kTanh:
      return apply<Tanh>(values);
  }
}

}  // namespace dragoman
