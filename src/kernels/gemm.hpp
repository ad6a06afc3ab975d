// Matrix products with packed weights: out = epilogue(x * W + bias).
//
// Every result depends on its own row of x alone, in one fixed order of additions, so a row gives
// the same bits in any batch, on any number of threads.
#pragma once

#include <cstdint>

#include "base/context.hpp"
#include "kernels/activations.hpp"
#include "kernels/packing.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// Packed int8 weights of a layer. Arrays have round_up(n, 16) elements.
struct Int8Matrix {
  const int8_t* panels = nullptr;
  const float* scales = nullptr;         // real weight = scales[column] * integer
  const int32_t* column_sums = nullptr;  // sums of a column's integers over k (kActivations7)
  const float* bias = nullptr;           // may be null
  int k = 0;
  int n = 0;
  OperandRole role = OperandRole::kWeights7;
};

/// Packed int4 weights. `bias` as below; scales lie among the integers.
struct Int4Matrix {
  const uint8_t* panels = nullptr;
  const float* bias = nullptr;
  int k = 0;
  int n = 0;
};

/// Packed f32 weights. `bias` has round_up(n, 16) elements or is null.
struct F32Matrix {
  const float* panels = nullptr;
  const float* bias = nullptr;
  int k = 0;
  int n = 0;
};

/// What happens to a product before it is stored: activation first, then the residual is added.
struct Epilogue {
  Activation activation = Activation::kNone;
  View<const float> residual = {};  // [rows, n] or empty; may be `out` itself
};

/// @param x    [rows, k]   quantised per row inside
/// @param out  [rows, n]
void linear(const Context& context, View<const float> x, const Int8Matrix& weights,
            const Epilogue& epilogue, View<float> out);
void linear(const Context& context, View<const float> x, const Int4Matrix& weights,
            const Epilogue& epilogue, View<float> out);
void linear(const Context& context, View<const float> x, const F32Matrix& weights,
            const Epilogue& epilogue, View<float> out);

}  // namespace dragoman
