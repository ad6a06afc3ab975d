// Vectors as WebAssembly's own instructions. Included by simd.hpp alone.
#pragma once

#include <wasm_simd128.h>

#include <cstdint>

namespace dragoman::simd {

struct F32x4 {
  v128_t v;
};
struct I32x4 {
  v128_t v;
};
struct I16x8 {
  v128_t v;
};
struct I8x16 {
  v128_t v;
};

DRAGOMAN_SIMD F32x4 load(const float* from) {
  return {wasm_v128_load(from)};
}
DRAGOMAN_SIMD I32x4 load(const int32_t* from) {
  return {wasm_v128_load(from)};
}
DRAGOMAN_SIMD I16x8 load(const int16_t* from) {
  return {wasm_v128_load(from)};
}
DRAGOMAN_SIMD I8x16 load(const int8_t* from) {
  return {wasm_v128_load(from)};
}
DRAGOMAN_SIMD void store(float* to, F32x4 a) {
  wasm_v128_store(to, a.v);
}
DRAGOMAN_SIMD void store(int32_t* to, I32x4 a) {
  wasm_v128_store(to, a.v);
}
DRAGOMAN_SIMD void store(int16_t* to, I16x8 a) {
  wasm_v128_store(to, a.v);
}
DRAGOMAN_SIMD void store(int8_t* to, I8x16 a) {
  wasm_v128_store(to, a.v);
}

DRAGOMAN_SIMD F32x4 splat(float value) {
  return {wasm_f32x4_splat(value)};
}
DRAGOMAN_SIMD I32x4 splat(int32_t value) {
  return {wasm_i32x4_splat(value)};
}
DRAGOMAN_SIMD F32x4 load_splat(const float* from) {
  return {wasm_v128_load32_splat(from)};
}
/// Four bytes, repeated.
DRAGOMAN_SIMD I8x16 load_splat4(const int8_t* from) {
  return {wasm_v128_load32_splat(from)};
}
/// Two or four values, repeated.
DRAGOMAN_SIMD I16x8 load_splat2(const int16_t* from) {
  return {wasm_v128_load32_splat(from)};
}
DRAGOMAN_SIMD I16x8 load_splat4(const int16_t* from) {
  return {wasm_v128_load64_splat(from)};
}
/// Eight bytes, sign-extended.
DRAGOMAN_SIMD I16x8 load_widen(const int8_t* from) {
  return {wasm_i16x8_load8x8(from)};
}

DRAGOMAN_SIMD F32x4 operator+(F32x4 a, F32x4 b) {
  return {wasm_f32x4_add(a.v, b.v)};
}
DRAGOMAN_SIMD F32x4 operator-(F32x4 a, F32x4 b) {
  return {wasm_f32x4_sub(a.v, b.v)};
}
DRAGOMAN_SIMD F32x4 operator*(F32x4 a, F32x4 b) {
  return {wasm_f32x4_mul(a.v, b.v)};
}
DRAGOMAN_SIMD F32x4 operator/(F32x4 a, F32x4 b) {
  return {wasm_f32x4_div(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 operator+(I32x4 a, I32x4 b) {
  return {wasm_i32x4_add(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 operator-(I32x4 a, I32x4 b) {
  return {wasm_i32x4_sub(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 operator*(I32x4 a, I32x4 b) {
  return {wasm_i32x4_mul(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 operator&(I32x4 a, I32x4 b) {
  return {wasm_v128_and(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 operator|(I32x4 a, I32x4 b) {
  return {wasm_v128_or(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 shift_left_23(I32x4 a) {
  return {wasm_i32x4_shl(a.v, 23)};
}
DRAGOMAN_SIMD I32x4 shift_left_16(I32x4 a) {
  return {wasm_i32x4_shl(a.v, 16)};
}
/// Zeros come in.
DRAGOMAN_SIMD I32x4 shift_right_4(I32x4 a) {
  return {wasm_u32x4_shr(a.v, 4)};
}
DRAGOMAN_SIMD I32x4 equal(I32x4 a, I32x4 b) {
  return {wasm_i32x4_eq(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 equal(F32x4 a, F32x4 b) {
  return {wasm_f32x4_eq(a.v, b.v)};
}
DRAGOMAN_SIMD I32x4 less(F32x4 a, F32x4 b) {
  return {wasm_f32x4_lt(a.v, b.v)};
}
DRAGOMAN_SIMD bool any(I32x4 mask) {
  return wasm_v128_any_true(mask.v);
}

// b < a ? b : a, and so on: a NaN in b is never taken. f32x4.min and max are slow on x86.
DRAGOMAN_SIMD F32x4 min(F32x4 a, F32x4 b) {
  return {wasm_f32x4_pmin(a.v, b.v)};
}
DRAGOMAN_SIMD F32x4 max(F32x4 a, F32x4 b) {
  return {wasm_f32x4_pmax(a.v, b.v)};
}
DRAGOMAN_SIMD F32x4 abs(F32x4 a) {
  return {wasm_f32x4_abs(a.v)};
}
/// a * b + c, rounded once or twice.
DRAGOMAN_SIMD F32x4 madd(F32x4 a, F32x4 b, F32x4 c) {
#if defined(__wasm_relaxed_simd__)
  return {wasm_f32x4_relaxed_madd(a.v, b.v, c.v)};
#else
  return {wasm_f32x4_add(wasm_f32x4_mul(a.v, b.v), c.v)};
#endif
}

DRAGOMAN_SIMD F32x4 convert(I32x4 a) {
  return {wasm_f32x4_convert_i32x4(a.v)};
}
DRAGOMAN_SIMD I32x4 bits(F32x4 a) {
  return {a.v};
}
DRAGOMAN_SIMD F32x4 from_bits(I32x4 a) {
  return {a.v};
}

/// {a0, a2, b0, b2} and {a1, a3, b1, b3}.
DRAGOMAN_SIMD I32x4 even_lanes(I32x4 a, I32x4 b) {
  return {wasm_i32x4_shuffle(a.v, b.v, 0, 2, 4, 6)};
}
DRAGOMAN_SIMD I32x4 odd_lanes(I32x4 a, I32x4 b) {
  return {wasm_i32x4_shuffle(a.v, b.v, 1, 3, 5, 7)};
}
DRAGOMAN_SIMD I32x4 pairs(I16x8 a) {
  return {a.v};
}
DRAGOMAN_SIMD I16x8 from_pairs(I32x4 a) {
  return {a.v};
}

DRAGOMAN_SIMD I32x4 fours(I8x16 a) {
  return {a.v};
}
DRAGOMAN_SIMD I8x16 from_fours(I32x4 a) {
  return {a.v};
}

/// With signed saturation; `a` fills the low half.
DRAGOMAN_SIMD I16x8 narrow(I32x4 a, I32x4 b) {
  return {wasm_i16x8_narrow_i32x4(a.v, b.v)};
}
DRAGOMAN_SIMD I8x16 narrow(I16x8 a, I16x8 b) {
  return {wasm_i8x16_narrow_i16x8(a.v, b.v)};
}
/// Lane i: a[2i] * b[2i] + a[2i + 1] * b[2i + 1].
DRAGOMAN_SIMD I32x4 dot(I16x8 a, I16x8 b) {
  return {wasm_i32x4_dot_i16x8(a.v, b.v)};
}

#if DRAGOMAN_RELAXED_DOT
/// Sums of two products. @param seven  within 0..127; only then is the result defined
DRAGOMAN_SIMD I16x8 relaxed_dot(I8x16 eight, I8x16 seven) {
  return {wasm_i16x8_relaxed_dot_i8x16_i7x16(eight.v, seven.v)};
}
/// sum + sums of four products.
DRAGOMAN_SIMD I32x4 relaxed_dot_add(I8x16 eight, I8x16 seven, I32x4 sum) {
  return {wasm_i32x4_relaxed_dot_i8x16_i7x16_add(eight.v, seven.v, sum.v)};
}
#endif

}  // namespace dragoman::simd
