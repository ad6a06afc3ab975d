// The 128-bit vectors the kernels are written in, and the only place that knows an instruction
// set: SIMD128, relaxed SIMD (__wasm_relaxed_simd__), or the compiler's generic vectors natively,
// which have the same results, so that native tests run the very kernels that ship.
#pragma once

#if defined(__wasm_relaxed_simd__) || !defined(__wasm_simd128__)
#define DRAGOMAN_RELAXED_DOT 1  // the 8-bit dot products exist here
#else
#define DRAGOMAN_RELAXED_DOT 0
#endif

#define DRAGOMAN_SIMD [[gnu::always_inline]] inline

#if defined(__wasm_simd128__)
#include "kernels/simd_wasm.hpp"
#else
#include "kernels/simd_generic.hpp"
#endif

namespace dragoman::simd {

/// The same pointer, of which the compiler no longer knows what it points to. Constants are
/// loaded through it: V8 builds a constant operand anew at every use, but keeps a loaded value.
template <typename T>
DRAGOMAN_SIMD const T* opaque(const T* pointer) {
  asm volatile("" : "+r"(pointer));
  return pointer;
}

}  // namespace dragoman::simd
