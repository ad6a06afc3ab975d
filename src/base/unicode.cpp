// Look-ups in the generated Unicode tables.
//
// kStage1 maps a block of 128 code points to a block of kStage2, which maps a code point to a
// record of flags and combining class. Decompositions are UTF-16 slices, found by binary search
// in two lists of keys (below and above U+FFFF) that share one list of ends. Lower case is runs of
// equal distance, over every code point or every second one.
#include "base/unicode.hpp"

#include <algorithm>
#include <iterator>

#include "base/unicode_tables.hpp"

namespace dragoman {

namespace {

using namespace unicode_tables;

// The generator writes these bits; the two lists must agree.
enum Flag : uint8_t {
  kControl = 1,
  kSpace = 2,
  kMark = 4,
  kPunctuation = 8,
  kWord = 16,
  kDecomposes = 32,
  kLowers = 64,
};

constexpr char32_t kHangulSyllables = 0xAC00;
constexpr char32_t kHangulCount = 11172;

Record record_of(char32_t c) {
  if (c < kEnd) return kRecords[kStage2[kStage1[c >> 7] * 128u + (c & 127u)]];
  // The last two planes are private use but for two noncharacters each.
  const bool is_private = c >= 0xF0000 && (c & 0xFFFF) <= 0xFFFD;
  return {static_cast<uint8_t>(is_private ? kControl : 0), 0};
}

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

// Row of kDecompositionEnd that belongs to `c`, which must have one.
size_t decomposition_row(char32_t c) {
  if (c < 0x10000) {
    const auto* found =
        std::lower_bound(std::begin(kDecompositionLow), std::end(kDecompositionLow), c);
    return static_cast<size_t>(found - std::begin(kDecompositionLow));
  }
  const auto* found =
      std::lower_bound(std::begin(kDecompositionHigh), std::end(kDecompositionHigh), c);
  return std::size(kDecompositionLow) + static_cast<size_t>(found - std::begin(kDecompositionHigh));
}

}  // namespace

bool is_white_space(char32_t c) {
  return has(c, kSpace);
}
bool is_control(char32_t c) {
  return has(c, kControl);
}
bool is_nonspacing_mark(char32_t c) {
  return has(c, kMark);
}
bool is_punctuation(char32_t c) {
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

void append_decomposition(std::u32string& out, char32_t c) {
  if (c - kHangulSyllables < kHangulCount) return append_jamo(out, c);
  // The flag spares the search for the many characters that have none.
  if (!has(c, kDecomposes)) return out.push_back(c);
  const size_t row = decomposition_row(c);
  size_t position = row == 0 ? 0 : kDecompositionEnd[row - 1];
  while (position < kDecompositionEnd[row]) {
    char32_t unit = kDecompositionText[position++];
    if (unit >= 0xD800 && unit < 0xDC00) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (kDecompositionText[position++] - 0xDC00u);
    }
    out.push_back(unit);
  }
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
