// GPT-2's alphabet: a printable character for every byte.
#pragma once

#include <cstdint>
#include <string_view>

namespace dragoman {

/// The character for `byte`: itself where it is printable, else one from U+0100 on.
char32_t byte_character(uint8_t byte);
/// The byte a character stands for, or -1.
int character_byte(char32_t c);

}  // namespace dragoman
