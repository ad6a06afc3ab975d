// Stored elements: the type names of safetensors, their sizes, and exact conversion to f32.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tensor/dtype.hpp"

namespace dragoman {

/// A type a file may name. Types that the engine never reads still have a size to be checked.
struct StoredType {
  std::string_view name;       // "F32"
  unsigned bits = 0;           // per element; some types are narrower than a byte
  std::optional<Dtype> dtype;  // absent for types that no engine tensor has
};

/// The type called `name` in safetensors, or null when there is none of that name.
const StoredType* find_stored_type(std::string_view name);

/// True for the types whose elements to_floats converts: F32, F16, BF16.
bool is_weight_float(const StoredType& type);

/// Exact: every f16 (subnormal, infinite, NaN) has its f32.
float f16_to_f32(uint16_t bits);
float bf16_to_f32(uint16_t bits);

/// @param dtype  kF32, kF16 or kBF16
/// @param bytes  little-endian elements, at any alignment
/// @param out    [elements]
void to_floats(Dtype dtype, std::span<const uint8_t> bytes, std::span<float> out);

/// True when all bytes are zero, and so all integers.
bool all_zero(std::span<const uint8_t> bytes);

}  // namespace dragoman
