// UTF-8, UTF-16 lengths and UTF-32: the conversions text needs at its edges.
//
// Ill-formed UTF-8 is never an error: each maximal ill-formed part reads as one U+FFFD, as in the
// Unicode standard (chapter 3, "U+FFFD Substitution of Maximal Subparts") and in browsers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dragoman {

inline constexpr char32_t kReplacement = 0xFFFD;

/// The code point at `position`, which moves past it. `position` must be inside `text`.
char32_t next_code_point(std::string_view text, size_t& position);

/// Appends one code point. Surrogates are written as they come, three bytes each.
void append_utf8(std::string& out, char32_t c);

/// One element per code point, ill-formed parts as U+FFFD.
std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);

/// UTF-16 code units, ill-formed parts as U+FFFD; and back, where lone surrogates become U+FFFD.
std::u16string to_utf16(std::string_view text);
std::string to_utf8(std::u16string_view units);

/// `text` with every ill-formed part replaced by U+FFFD.
std::string repaired_utf8(std::string_view text);

inline uint32_t utf16_length(char32_t c) {
  return c >= 0x10000 ? 2 : 1;
}

/// For each byte of well-formed `text`, and for its end, the number of UTF-16 code units before
/// the character it belongs to.
std::vector<uint32_t> utf16_offsets(std::string_view text);

}  // namespace dragoman
