// Properties of code points, as the reference tokenizers see them.
//
// Python `tokenizers` 0.22 takes its properties from libraries of different Unicode versions, and
// so do these functions: general categories of Unicode 8, canonical decompositions and combining
// classes of Unicode 9, word characters of Unicode 16, lower case of Unicode 17. Text in scripts
// encoded later therefore tokenizes as the reference tokenizes it, not as a newer standard would.
#pragma once

#include <cstdint>
#include <string>

namespace dragoman {

/// White_Space.
bool is_white_space(char32_t c);
/// Cc, Cf or Co of Unicode 8, but for tab, line feed and carriage return.
bool is_control(char32_t c);
/// Mn of Unicode 8.
bool is_nonspacing_mark(char32_t c);
/// P* of Unicode 8, and every ASCII character that is neither letter, digit, space nor control.
bool is_punctuation(char32_t c);
/// What a regular expression's \w matches: alphabetic, marks, decimal digits, connectors, joiners.
bool is_word_character(char32_t c);
/// What Python's str.strip removes: White_Space and U+001C to U+001F.
bool is_python_space(char32_t c);

/// Canonical combining class; 0 for characters that others are not reordered around.
uint8_t combining_class(char32_t c);

/// Appends the full canonical decomposition of `c` (itself when it has none).
void append_decomposition(std::u32string& out, char32_t c);

/// Appends the lower case of `c` by itself, without context: a final sigma stays σ.
void append_lower_case(std::u32string& out, char32_t c);

}  // namespace dragoman
