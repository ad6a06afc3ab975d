// Functions of four floats at once: exp, exp2 and what is made of them.
//
// Coefficients of exp are a minimax fit of (e^r - 1 - r) / r^2 on +-ln(2)/2, made for this file;
// its relative error is 3e-9, so that rounding decides. Those of exp2 are one of 2^r on +-1/2, to
// 9e-8.
#pragma once

#include <cstddef>

#include "kernels/simd.hpp"

namespace dragoman::simd {

/// Lane constants of one function, each four times. V8 builds a constant operand anew at every use,
/// but keeps a loaded value, so they come from memory.
template <size_t kCount>
struct Table {
  alignas(16) float values[kCount][4];
  constexpr explicit Table(const float (&from)[kCount]) : values() {
    for (size_t i = 0; i < kCount; ++i) {
      for (float& lane : values[i]) lane = from[i];
    }
  }
  /// Constant i is at 4i.
  DRAGOMAN_SIMD const float* loaded() const { return opaque(&values[0][0]); }
};

/// Constants of exp(), held in registers. Load once per kernel call.
struct ExpConstants {
  F32x4 lowest, highest, log2e, magic, ln2_high, ln2_low, c2, c3, c4, c5, c6, one;
};

inline constexpr Table<12> kExpTable(
    {-87.336F, 88.376F,  // the range in which e^x is a normal number
     1.44269504F,
     12582912.0F,  // 1.5 * 2^23: adding it leaves the rounded integer in the low bits
     // -ln 2 in two parts, the first with few enough bits for exact products
     -0.693359375F, 2.12194440e-4F, 0.499999934F, 0.166665206F, 0.0416683887F, 0.00836872395F,
     0.00138145837F, 1.0F});

DRAGOMAN_SIMD ExpConstants load_exp_constants() {
  const float* k = kExpTable.loaded();
  return {load(k),      load(k + 4),  load(k + 8),  load(k + 12), load(k + 16), load(k + 20),
          load(k + 24), load(k + 28), load(k + 32), load(k + 36), load(k + 40), load(k + 44)};
}

/// e^x to about 1e-7 relative; x is clamped to the range of normal numbers.
DRAGOMAN_SIMD F32x4 exp(F32x4 x, const ExpConstants& c) {
  const F32x4 clamped = max(min(x, c.highest), c.lowest);
  const F32x4 shifted = madd(clamped, c.log2e, c.magic);
  const F32x4 n = shifted - c.magic;
  const F32x4 r = madd(n, c.ln2_low, madd(n, c.ln2_high, clamped));
  F32x4 p = madd(r, c.c6, c.c5);
  p = madd(p, r, c.c4);
  p = madd(p, r, c.c3);
  p = madd(p, r, c.c2);
  p = madd(p, r * r, r) + c.one;
  // 2^n by adding n to the exponent; n is in the low bits of `shifted`.
  return from_bits(bits(p) + shift_left_23(bits(shifted)));
}

/// Constants of exp2(), likewise.
struct Exp2Constants {
  F32x4 magic, e0, e1, e2, e3, e4, e5;
};

inline constexpr Table<7> kExp2Table({12582912.0F, 1.0F, 0.693147004F, 0.240222424F, 0.0555073105F,
                                      0.00967151299F, 0.00132647273F});

DRAGOMAN_SIMD Exp2Constants load_exp2_constants() {
  const float* k = kExp2Table.loaded();
  return {load(k),      load(k + 4),  load(k + 8), load(k + 12),
          load(k + 16), load(k + 20), load(k + 24)};
}

/// 2^x to about 1e-7 relative, in two thirds of exp's time. @param x  within -126..127
DRAGOMAN_SIMD F32x4 exp2(F32x4 x, const Exp2Constants& c) {
  const F32x4 shifted = x + c.magic;
  const F32x4 r = x - (shifted - c.magic);
  F32x4 p = madd(r, c.e5, c.e4);
  p = madd(p, r, c.e3);
  p = madd(p, r, c.e2);
  p = madd(p, r, c.e1);
  p = madd(p, r, c.e0);
  return from_bits(bits(p) + shift_left_23(bits(shifted)));
}

/// The lanes' sum and maximum, in one fixed order.
DRAGOMAN_SIMD float sum_lanes(F32x4 a) {
  alignas(16) float lanes[4];
  store(lanes, a);
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}
DRAGOMAN_SIMD float max_lanes(F32x4 a) {
  alignas(16) float lanes[4];
  store(lanes, a);
  const float left = lanes[0] < lanes[2] ? lanes[2] : lanes[0];
  const float right = lanes[1] < lanes[3] ? lanes[3] : lanes[1];
  return left < right ? right : left;
}

/// The first `count` (1 to 3) of four floats; the others are `filler`.
DRAGOMAN_SIMD F32x4 load_part(const float* from, size_t count, float filler) {
  alignas(16) float lanes[4] = {filler, filler, filler, filler};
  for (size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return load(lanes);
}
DRAGOMAN_SIMD void store_part(float* to, size_t count, F32x4 a) {
  alignas(16) float lanes[4];
  store(lanes, a);
  for (size_t i = 0; i < count; ++i) to[i] = lanes[i];
}

}  // namespace dragoman::simd
