// Conversion of stored elements is exact.
#include "formats/elements.hpp"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace dragoman {

TEST_CASE("Every f16 becomes its f32", "[formats][elements]") {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = f16_to_f32(half);
    const int exponent = static_cast<int>(bits >> 10 & 31U);
    const auto mantissa = static_cast<double>(bits & 1023U);
    const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
    bool right = std::signbit(value) == (sign < 0);
    if (exponent == 31) {
      right = right && (mantissa == 0 ? std::isinf(value) : std::isnan(value));
    } else {
      const double magnitude =
          exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
      right = right && static_cast<double>(value) == sign * magnitude;
    }
    if (!right) FAIL("f16 bits " << bits << " became " << value);
  }
}

TEST_CASE("A bf16 is the upper half of its f32", "[formats][elements]") {
  CHECK(bf16_to_f32(0x3F80) == 1.0F);
  CHECK(bf16_to_f32(0xC049) == -3.140625F);
  CHECK(bf16_to_f32(0x0001) == std::bit_cast<float>(uint32_t{0x00010000}));
  CHECK(std::isinf(bf16_to_f32(0x7F80)));
  CHECK(std::isnan(bf16_to_f32(0x7FC0)));
  CHECK(std::signbit(bf16_to_f32(0x8000)));
}

TEST_CASE("Elements may lie at any address", "[formats][elements]") {
  const std::vector<float> values = {1.5F, -2.25F, std::numeric_limits<float>::denorm_min()};
  std::vector<uint8_t> bytes(1 + values.size() * 4);
  const auto* source = reinterpret_cast<const uint8_t*>(values.data());
  std::copy(source, source + values.size() * 4, bytes.begin() + 1);
  std::vector<float> out(3);
  to_floats(Dtype::kF32, std::span(bytes).subspan(1), out);
  CHECK(out == values);
}

TEST_CASE("Types have the widths of the format", "[formats][elements]") {
  REQUIRE(find_stored_type("BF16") != nullptr);
  CHECK(find_stored_type("BF16")->bits == 16);
  CHECK(find_stored_type("F4")->bits == 4);
  CHECK(find_stored_type("I64")->dtype == Dtype::kI64);
  CHECK(find_stored_type("f32") == nullptr);
  CHECK(find_stored_type("") == nullptr);
  for (const char* name : {"F32", "F16", "BF16"}) CHECK(is_weight_float(*find_stored_type(name)));
  for (const char* name : {"F64", "I8", "U8", "BOOL"}) {
    CHECK_FALSE(is_weight_float(*find_stored_type(name)));
  }
}

}  // namespace dragoman
