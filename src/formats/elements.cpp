// Type table and conversions of stored elements.
#include "formats/elements.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace dragoman {

namespace {

// The types of safetensors 0.7 (safetensors/src/tensor.rs, Dtype), widths as there.
constexpr std::array kTypes = {
    StoredType{"F32", 32, Dtype::kF32},     StoredType{"F16", 16, Dtype::kF16},
    StoredType{"BF16", 16, Dtype::kBF16},   StoredType{"I8", 8, Dtype::kI8},
    StoredType{"U8", 8, Dtype::kU8},        StoredType{"I16", 16, Dtype::kI16},
    StoredType{"I32", 32, Dtype::kI32},     StoredType{"I64", 64, Dtype::kI64},
    StoredType{"F64", 64, Dtype::kF64},     StoredType{"BOOL", 8, Dtype::kBool},
    StoredType{"U16", 16, std::nullopt},    StoredType{"U32", 32, std::nullopt},
    StoredType{"U64", 64, std::nullopt},    StoredType{"C64", 64, std::nullopt},
    StoredType{"F8_E4M3", 8, std::nullopt}, StoredType{"F8_E5M2", 8, std::nullopt},
    StoredType{"F8_E8M0", 8, std::nullopt}, StoredType{"F6_E2M3", 6, std::nullopt},
    StoredType{"F6_E3M2", 6, std::nullopt}, StoredType{"F4", 4, std::nullopt},
};

// Files are little-endian, and so is every target: wasm by definition.
static_assert(std::endian::native == std::endian::little);

template <float (*Convert)(uint16_t)>
void widen(std::span<const uint8_t> bytes, std::span<float> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    uint16_t half = 0;
    std::memcpy(&half, bytes.data() + 2 * i, sizeof half);
    out[i] = Convert(half);
  }
}

}  // namespace

const StoredType* find_stored_type(std::string_view name) {
  const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const StoredType& known) { return known.name == name; });
  return type == kTypes.end() ? nullptr : &*type;
}

bool is_weight_float(const StoredType& type) {
  return type.dtype == Dtype::kF32 || type.dtype == Dtype::kF16 || type.dtype == Dtype::kBF16;
}

float f16_to_f32(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
  const uint32_t exponent = (bits >> 10) & 31U;
  const uint32_t mantissa = bits & 1023U;
  if (exponent == 0) {
    // Zero or subnormal: a whole number of 2^-24, which f32 holds as a normal number.
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  // The bias grows from 15 to 127; all ones (infinite, NaN) stay all ones.
  const uint32_t widened = exponent == 31 ? 255U : exponent + 112U;
  return std::bit_cast<float>(sign | widened << 23 | mantissa << 13);
}

float bf16_to_f32(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

void to_floats(Dtype dtype, std::span<const uint8_t> bytes, std::span<float> out) {
  assert(bytes.size() == out.size() * dtype_bytes(dtype));
  if (out.empty()) return;
  switch (dtype) {
    case Dtype::kF32:
      std::memcpy(out.data(), bytes.data(), bytes.size());
      return;
    case Dtype::kF16:
      widen<f16_to_f32>(bytes, out);
      return;
    case Dtype::kBF16:
      widen<bf16_to_f32>(bytes, out);
      return;
    default:
      assert(false);
  }
}

bool all_zero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace dragoman
