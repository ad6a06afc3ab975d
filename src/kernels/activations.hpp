// Element-wise functions over rows of f32.
#pragma once

#include <span>

namespace dragoman {

/// The names config.json uses: "gelu" is the erf form, "gelu_new"/"gelu_pytorch_tanh" the tanh
/// form, "silu" and "swish" are one function.
enum class Activation { kNone, kRelu, kGelu, kGeluTanh, kSilu, kTanh };

/// values[i] = f(values[i]), each within 2e-6 absolute or relative of the exact function.
void apply_activation(Activation activation, std::span<float> values);

}  // namespace dragoman
