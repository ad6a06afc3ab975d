// The relaxed products of bytes, in the forms that kernels are made of.
#pragma once

#include "kernels/packing.hpp"
#include "kernels/simd.hpp"

#if DRAGOMAN_RELAXED_DOT

namespace dragoman::simd {

alignas(16) inline constexpr int16_t kOnes[8] = {1, 1, 1, 1, 1, 1, 1, 1};

struct Split {
  I16x8 ones = load(opaque(&kOnes[0]));
  DRAGOMAN_SIMD I32x4 operator()(I8x16 eight, I8x16 seven, I32x4 sum) const {
    return sum + dot(relaxed_dot(eight, seven), ones);
  }
};

struct Fused {
  DRAGOMAN_SIMD I32x4 operator()(I8x16 eight, I8x16 seven, I32x4 sum) const {
    return relaxed_dot_add(eight, seven, sum);
  }
};

template <typename Product, OperandRole kRole>
DRAGOMAN_SIMD void multiply(const Product& product, I8x16 inputs, I8x16 weights, I32x4& sum) {
  sum = kRole == OperandRole::kWeights7 ? product(inputs, weights, sum)
                                        : product(weights, inputs, sum);
}

}  // namespace dragoman::simd

#endif  // DRAGOMAN_RELAXED_DOT
