// Look-ups in the generated Unicode tables.
//
// kStage1 maps a block of 128 code points to a block of kStage2, which maps a code point to a
// record of flags, traits and combining class. Decompositions are rows of UTF-16; runs of code
// points one after the other say where their first row is, and lengths are added up from there.
// Lower case is runs of equal distance, over every code point or every second one.
#include "base/unicode.hpp"

#include <algorithm>
#include <iterator>

#include "base/unicode_records.hpp"

namespace dragoman {

namespace {

using namespace unicode_tables;

constexpr char32_t kHangulSyllables = 0xAC00;
constexpr char32_t kHangulCount = 11172;

bool has(char32_t c, Flag flag) {
  return (record_of(c).flags & flag) != 0;
}

// Arithmetic decomposition (Unicode standard, section 3.12).
void append_jamo(std::u32string& out, char32_t syllable) {
  const char32_t index = syllable - kHangulSyllables;
  out.push_back(0x1100 + index / 588);
  out.push_back(0x1161 + index % 588 / 28);
  if (index % 28 != 0) out.push_back(0x11A7 + index % 28);
}

// A row of kDecompositionText as code points.
void append_row(std::u32string& out, size_t position, size_t length) {
  for (const size_t end = position + length; position < end;) {
    char32_t unit = kDecompositionText[position++];
    if (unit >= 0xD800 && unit < 0xDC00) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (kDecompositionText[position++] - 0xDC00u);
    }
    out.push_back(unit);
  }
}

// Appends the row of `c`, which must have one.
void append_row_of(std::u32string& out, char32_t c) {
  const auto* run =
      std::upper_bound(std::begin(kDecompositionRuns), std::end(kDecompositionRuns), c,
                       [](char32_t x, const DecompositionRun& r) { return x < r.start; }) -
      1;
  size_t row = run->row;
  size_t text = run->text;
  for (char32_t k = run->start; k < c; ++k) text += kDecompositionLengths[row++];
  append_row(out, text, kDecompositionLengths[row]);
}

}  // namespace

bool unicode_lookup::is_white_space(char32_t c) {
  return has(c, kSpace);
}
bool unicode_lookup::is_control(char32_t c) {
  return has(c, kControl);
}
bool is_nonspacing_mark(char32_t c) {
  return has(c, kMark);
}
bool unicode_lookup::is_punctuation(char32_t c) {
  return has(c, kPunctuation);
}
bool is_word_character(char32_t c) {
  return has(c, kWord);
}

bool is_python_space(char32_t c) {
  return (c >= 0x1C && c <= 0x1F) || is_white_space(c);
}

uint8_t combining_class(char32_t c) {
  return record_of(c).combining_class;
}

Category category(char32_t c) {
  return static_cast<Category>(record_of(c).traits & 7u);
}
bool is_numeric(char32_t c) {
  return is_number(c) || (c >= 0x11DE0 && c <= 0x11DE9) || (c >= 0x16FF4 && c <= 0x16FF6);
}
bool is_combining(char32_t c) {
  return has(c, kCombining);
}
Cluster cluster_class(char32_t c) {
  return static_cast<Cluster>(record_of(c).traits >> 3 & 3u);
}

void append_decomposition(std::u32string& out, char32_t c) {
  if (c - kHangulSyllables < kHangulCount) return append_jamo(out, c);
  // The flag spares the search for the many characters that have none.
  if (!has(c, kDecomposes)) return out.push_back(c);
  append_row_of(out, c);
}

void append_compatible(std::u32string& out, char32_t c) {
  const Record record = record_of(c);
  if ((record.traits & kCompatible) == 0) return append_decomposition(out, c);
  if ((record.flags & kDecomposes) == 0) return append_row_of(out, c);
  // The row is the canonical one, some of whose characters go on.
  std::u32string parts;
  append_row_of(parts, c);
  for (const char32_t part : parts) append_compatible(out, part);
}

bool is_stable(char32_t c, bool compatible) {
  if (c < 0xA0) return true;
  const Record record = record_of(c);
  const auto unstable = static_cast<uint8_t>(compatible ? kUnstable | kCompatible : kUnstable);
  return record.combining_class == 0 && (record.traits & unstable) == 0;
}

void append_lower_case(std::u32string& out, char32_t c) {
  if (c < 0x80) return out.push_back(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (!has(c, kLowers)) return out.push_back(c);
  if (c == 0x130) {  // the one character whose lower case is two
    out.push_back('i');
    return out.push_back(0x307);
  }
  const auto* run = std::upper_bound(std::begin(kLowerRuns), std::end(kLowerRuns), c,
                                     [](char32_t x, const LowerRun& r) { return x < r.start; });
  if (run == std::begin(kLowerRuns)) return out.push_back(c);
  --run;
  const bool inside = c <= run->end && (c - run->start) % run->stride == 0;
  out.push_back(inside ? static_cast<char32_t>(static_cast<int32_t>(c) + run->delta) : c);
}

}  // namespace dragoman
