// Properties of code points, as the reference tokenizers see them.
//
// Python `tokenizers` 0.22 takes its properties from libraries of different Unicode versions, and
// so do these functions: BERT's categories of Unicode 8, normalisation forms of Unicode 9, what
// patterns ask for (categories, word characters, clusters) of Unicode 16, lower case of Unicode 17.
// Text in scripts encoded later therefore tokenizes as the reference tokenizes it, not as a newer
// standard would.
#pragma once

#include <cstdint>
#include <string>

namespace dragoman {

/// The properties that are asked of every character of a text, by the tables alone.
namespace unicode_lookup {
bool is_white_space(char32_t c);
bool is_control(char32_t c);
bool is_punctuation(char32_t c);
}  // namespace unicode_lookup

/// White_Space.
inline bool is_white_space(char32_t c) {
  return c < 0x80 ? c == ' ' || c - 9 < 5u : unicode_lookup::is_white_space(c);
}
/// Cc, Cf or Co of Unicode 8, but for tab, line feed and carriage return.
inline bool is_control(char32_t c) {
  return c - 0x20 >= 0x5Fu && unicode_lookup::is_control(c);
}
/// Mn of Unicode 8.
bool is_nonspacing_mark(char32_t c);
/// P* of Unicode 8, and every ASCII character that is neither letter, digit, space nor control.
inline bool is_punctuation(char32_t c) {
  if (c >= 0x80) return unicode_lookup::is_punctuation(c);
  return c - 0x21 < 0x5Eu && c - '0' >= 10u && (c | 0x20) - 'a' >= 26u;
}
/// What a regular expression's \w matches: alphabetic, marks, decimal digits, connectors, joiners.
bool is_word_character(char32_t c);
/// General categories as patterns see them, those alike taken together.
enum class Category : uint8_t {
  kOther,
  kUpper,
  kTitle,
  kLower,
  kModifier,
  kOtherLetter,
  kMark,
  kNumber,
};
Category category(char32_t c);
/// L*
inline bool is_letter(char32_t c) {
  if (c < 0x80) return (c | 0x20) - 'a' < 26u;
  const Category kind = category(c);
  return kind >= Category::kUpper && kind <= Category::kOtherLetter;
}
/// N*
inline bool is_number(char32_t c) {
  return c < 0x80 ? c - '0' < 10u : category(c) == Category::kNumber;
}
/// N* of Unicode 17.
bool is_numeric(char32_t c);
/// M* of Unicode 9: what the StripAccents normaliser removes.
bool is_combining(char32_t c);

/// How a character joins others to an extended grapheme cluster.
enum class Cluster : uint8_t { kOther, kControl, kExtend, kPrepend };
Cluster cluster_class(char32_t c);

/// What Python's str.strip removes: White_Space and U+001C to U+001F.
bool is_python_space(char32_t c);

/// Canonical combining class; 0 for characters that others are not reordered around.
uint8_t combining_class(char32_t c);

/// Appends the full canonical decomposition of `c` (itself when it has none).
void append_decomposition(std::u32string& out, char32_t c);
/// The same for compatibility: ﬁ becomes fi.
void append_compatible(std::u32string& out, char32_t c);
/// Whether `c` has no decomposition (or none for compatibility either), composes with nothing
/// before it, and is reordered around nothing.
bool is_stable(char32_t c, bool compatible);
/// What two characters, one after the other, are composed to; 0 when they stay two.
char32_t composed(char32_t first, char32_t second);

/// Appends the lower case of `c` by itself, without context: a final sigma stays σ.
void append_lower_case(std::u32string& out, char32_t c);

}  // namespace dragoman
