// Plain loops that say what the kernels compute. Tests and the self-test compare against them.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/int8_forms.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// Int8Form::kScalar.
void reference_panels(const PanelTask& task);

/// out = x * w^T + bias, accumulated in double.
/// @param x [rows, k]  @param w [n, k]  @param bias [n] or empty  @param out [rows, n]
void reference_linear(View<const float> x, View<const float> w, std::span<const float> bias,
                      View<float> out);

/// Attention of one sequence, accumulated in double; shapes and `causal` as in attention.hpp.
void reference_attention(View<const float> query, View<const float> key, View<const float> value,
                         int heads, float scale, bool causal, View<float> out);

}  // namespace dragoman
