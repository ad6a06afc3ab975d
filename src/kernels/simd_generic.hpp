// Vectors of GCC and Clang, with the results WebAssembly's have. Included by simd.hpp alone.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace dragoman::simd {

using Floats = float __attribute__((vector_size(16)));
using Ints = int32_t __attribute__((vector_size(16)));
using Shorts = int16_t __attribute__((vector_size(16)));
using Bytes = int8_t __attribute__((vector_size(16)));

struct F32x4 {
  Floats v;
};
struct I32x4 {
  Ints v;
};
struct I16x8 {
  Shorts v;
};
struct I8x16 {
  Bytes v;
};

template <typename Vector, typename T>
DRAGOMAN_SIMD Vector load_bytes(const T* from) {
  Vector result;
  std::memcpy(&result, from, sizeof(result));
  return result;
}
template <typename To, typename From>
DRAGOMAN_SIMD To reinterpret(From from) {
  return load_bytes<To>(&from);
}

DRAGOMAN_SIMD F32x4 load(const float* from) {
  return load_bytes<F32x4>(from);
}
DRAGOMAN_SIMD I32x4 load(const int32_t* from) {
  return load_bytes<I32x4>(from);
}
DRAGOMAN_SIMD I16x8 load(const int16_t* from) {
  return load_bytes<I16x8>(from);
}
DRAGOMAN_SIMD I8x16 load(const int8_t* from) {
  return load_bytes<I8x16>(from);
}
DRAGOMAN_SIMD void store(float* to, F32x4 a) {
  std::memcpy(to, &a, sizeof(a));
}
DRAGOMAN_SIMD void store(int32_t* to, I32x4 a) {
  std::memcpy(to, &a, sizeof(a));
}
DRAGOMAN_SIMD void store(int16_t* to, I16x8 a) {
  std::memcpy(to, &a, sizeof(a));
}
DRAGOMAN_SIMD void store(int8_t* to, I8x16 a) {
  std::memcpy(to, &a, sizeof(a));
}

DRAGOMAN_SIMD F32x4 splat(float value) {
  return {Floats{value, value, value, value}};
}
DRAGOMAN_SIMD I32x4 splat(int32_t value) {
  return {Ints{value, value, value, value}};
}
DRAGOMAN_SIMD F32x4 load_splat(const float* from) {
  return splat(*from);
}
DRAGOMAN_SIMD I32x4 load_splat_bytes(const void* from) {
  int32_t word;
  std::memcpy(&word, from, sizeof(word));
  return splat(word);
}
DRAGOMAN_SIMD I8x16 load_splat4(const int8_t* from) {
  return reinterpret<I8x16>(load_splat_bytes(from));
}
DRAGOMAN_SIMD I16x8 load_splat2(const int16_t* from) {
  return reinterpret<I16x8>(load_splat_bytes(from));
}
DRAGOMAN_SIMD I16x8 load_splat4(const int16_t* from) {
  return {Shorts{from[0], from[1], from[2], from[3], from[0], from[1], from[2], from[3]}};
}
DRAGOMAN_SIMD I16x8 load_widen(const int8_t* from) {
  int8_t half __attribute__((vector_size(8)));
  std::memcpy(&half, from, sizeof(half));
  return {__builtin_convertvector(half, Shorts)};
}

DRAGOMAN_SIMD F32x4 operator+(F32x4 a, F32x4 b) {
  return {a.v + b.v};
}
DRAGOMAN_SIMD F32x4 operator-(F32x4 a, F32x4 b) {
  return {a.v - b.v};
}
DRAGOMAN_SIMD F32x4 operator*(F32x4 a, F32x4 b) {
  return {a.v * b.v};
}
DRAGOMAN_SIMD F32x4 operator/(F32x4 a, F32x4 b) {
  return {a.v / b.v};
}
DRAGOMAN_SIMD I32x4 operator+(I32x4 a, I32x4 b) {
  return {a.v + b.v};
}
DRAGOMAN_SIMD I32x4 operator-(I32x4 a, I32x4 b) {
  return {a.v - b.v};
}
DRAGOMAN_SIMD I32x4 operator*(I32x4 a, I32x4 b) {
  return {a.v * b.v};
}
DRAGOMAN_SIMD I32x4 operator&(I32x4 a, I32x4 b) {
  return {a.v & b.v};
}
DRAGOMAN_SIMD I32x4 operator|(I32x4 a, I32x4 b) {
  return {a.v | b.v};
}
// Through unsigned lanes: a signed left shift out of range is undefined.
using Words = uint32_t __attribute__((vector_size(16)));
DRAGOMAN_SIMD I32x4 shift_left_23(I32x4 a) {
  return reinterpret<I32x4>(reinterpret<Words>(a) << 23);
}
DRAGOMAN_SIMD I32x4 shift_left_16(I32x4 a) {
  return reinterpret<I32x4>(reinterpret<Words>(a) << 16);
}
DRAGOMAN_SIMD I32x4 shift_right_4(I32x4 a) {
  return reinterpret<I32x4>(reinterpret<Words>(a) >> 4);
}
DRAGOMAN_SIMD I32x4 equal(I32x4 a, I32x4 b) {
  return {a.v == b.v};
}
DRAGOMAN_SIMD I32x4 equal(F32x4 a, F32x4 b) {
  return {a.v == b.v};
}
DRAGOMAN_SIMD I32x4 less(F32x4 a, F32x4 b) {
  return {a.v < b.v};
}
DRAGOMAN_SIMD bool any(I32x4 mask) {
  return (mask.v[0] | mask.v[1] | mask.v[2] | mask.v[3]) != 0;
}

DRAGOMAN_SIMD F32x4 min(F32x4 a, F32x4 b) {
  return {b.v < a.v ? b.v : a.v};
}
DRAGOMAN_SIMD F32x4 max(F32x4 a, F32x4 b) {
  return {a.v < b.v ? b.v : a.v};
}
DRAGOMAN_SIMD I32x4 bits(F32x4 a) {
  return reinterpret<I32x4>(a);
}
DRAGOMAN_SIMD F32x4 from_bits(I32x4 a) {
  return reinterpret<F32x4>(a);
}
DRAGOMAN_SIMD F32x4 abs(F32x4 a) {
  return from_bits(bits(a) & splat(int32_t{0x7fffffff}));
}
DRAGOMAN_SIMD F32x4 madd(F32x4 a, F32x4 b, F32x4 c) {
  return {a.v * b.v + c.v};
}
DRAGOMAN_SIMD F32x4 convert(I32x4 a) {
  return {__builtin_convertvector(a.v, Floats)};
}

DRAGOMAN_SIMD I32x4 even_lanes(I32x4 a, I32x4 b) {
  return {Ints{a.v[0], a.v[2], b.v[0], b.v[2]}};
}
DRAGOMAN_SIMD I32x4 odd_lanes(I32x4 a, I32x4 b) {
  return {Ints{a.v[1], a.v[3], b.v[1], b.v[3]}};
}
DRAGOMAN_SIMD I32x4 pairs(I16x8 a) {
  return reinterpret<I32x4>(a);
}
DRAGOMAN_SIMD I16x8 from_pairs(I32x4 a) {
  return reinterpret<I16x8>(a);
}

DRAGOMAN_SIMD I32x4 fours(I8x16 a) {
  return reinterpret<I32x4>(a);
}
DRAGOMAN_SIMD I8x16 from_fours(I32x4 a) {
  return reinterpret<I8x16>(a);
}

#if defined(__SSE2__)
DRAGOMAN_SIMD __m128i raw(I32x4 a) {
  return reinterpret<__m128i>(a);
}
DRAGOMAN_SIMD __m128i raw(I16x8 a) {
  return reinterpret<__m128i>(a);
}
DRAGOMAN_SIMD I16x8 narrow(I32x4 a, I32x4 b) {
  return reinterpret<I16x8>(_mm_packs_epi32(raw(a), raw(b)));
}
DRAGOMAN_SIMD I8x16 narrow(I16x8 a, I16x8 b) {
  return reinterpret<I8x16>(_mm_packs_epi16(raw(a), raw(b)));
}
DRAGOMAN_SIMD I32x4 dot(I16x8 a, I16x8 b) {
  return reinterpret<I32x4>(_mm_madd_epi16(raw(a), raw(b)));
}
#else
DRAGOMAN_SIMD int32_t clamped(int32_t value, int32_t limit) {
  return value > limit ? limit : value < -limit - 1 ? -limit - 1 : value;
}
DRAGOMAN_SIMD I16x8 narrow(I32x4 a, I32x4 b) {
  I16x8 result;
  for (int i = 0; i < 4; ++i) {
    result.v[i] = static_cast<int16_t>(clamped(a.v[i], 32767));
    result.v[i + 4] = static_cast<int16_t>(clamped(b.v[i], 32767));
  }
  return result;
}
DRAGOMAN_SIMD I8x16 narrow(I16x8 a, I16x8 b) {
  I8x16 result;
  for (int i = 0; i < 8; ++i) {
    result.v[i] = static_cast<int8_t>(clamped(a.v[i], 127));
    result.v[i + 8] = static_cast<int8_t>(clamped(b.v[i], 127));
  }
  return result;
}
DRAGOMAN_SIMD I32x4 dot(I16x8 a, I16x8 b) {
  I32x4 result;
  for (int i = 0; i < 4; ++i) {
    result.v[i] = a.v[2 * i] * b.v[2 * i] + a.v[2 * i + 1] * b.v[2 * i + 1];
  }
  return result;
}
#endif

DRAGOMAN_SIMD I16x8 low_bytes(I16x8 a) {
  // Through unsigned lanes: a signed left shift out of range is undefined.
  uint16_t shifted __attribute__((vector_size(16)));
  std::memcpy(&shifted, &a, sizeof(shifted));
  shifted <<= 8;
  return {load_bytes<I16x8>(&shifted).v >> 8};
}
DRAGOMAN_SIMD I16x8 relaxed_dot(I8x16 eight, I8x16 seven) {
  // Bytes 2i lie in the low half of lane i (little-endian), bytes 2i + 1 in the high half.
  const I16x8 a = reinterpret<I16x8>(eight);
  const I16x8 b = reinterpret<I16x8>(seven);
  return {low_bytes(a).v * low_bytes(b).v + (a.v >> 8) * (b.v >> 8)};
}
DRAGOMAN_SIMD I32x4 relaxed_dot_add(I8x16 eight, I8x16 seven, I32x4 sum) {
  const I16x8 ones = {Shorts{1, 1, 1, 1, 1, 1, 1, 1}};
  return sum + dot(relaxed_dot(eight, seven), ones);
}

}  // namespace dragoman::simd
