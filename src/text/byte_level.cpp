// The alphabet of byte-level tokenizers.
#include "text/byte_level.hpp"

#include <array>

namespace dragoman {

namespace {

constexpr bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// Bytes that are not printable take the characters from U+0100 on, in their order.
constexpr std::array<char16_t, 256> kCharacters = [] {
  std::array<char16_t, 256> characters{};
  char16_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    characters[static_cast<size_t>(byte)] =
        is_printable(byte) ? static_cast<char16_t>(byte) : next++;
  }
  return characters;
}();

}  // namespace

char32_t byte_character(uint8_t byte) {
  return kCharacters[byte];
}

int character_byte(char32_t c) {
  if (c < 0x100) return is_printable(static_cast<int>(c)) ? static_cast<int>(c) : -1;
  if (c >= 0x144) return -1;
  for (int byte = 0; byte < 256; ++byte) {
    if (kCharacters[static_cast<size_t>(byte)] == c) return byte;
  }
  return -1;
}

}  // namespace dragoman
