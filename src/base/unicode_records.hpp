// One look-up of all that is asked of a character, for passes over text that ask several things.
#pragma once

#include "base/unicode_tables.hpp"

namespace dragoman::unicode_tables {

// The generator writes these bits; the two lists must agree.
enum Flag : uint8_t {
  kControl = 1,
  kSpace = 2,
  kMark = 4,
  kPunctuation = 8,
  kWord = 16,
  kDecomposes = 32,  // not said of Hangul syllables, which do
  kLowers = 64,
  kCombining = 128,
};
// Traits: three bits of Category, two of Cluster, then these.
enum Trait : uint8_t {
  kCompatible = 32,
  kUnstable = 64,
};

inline Record record_of(char32_t c) {
  if (c < kEnd) return kRecords[kStage2[kStage1[c >> 7] * 128u + (c & 127u)]];
  // The last two planes are private use but for two noncharacters each.
  const bool is_private = c >= 0xF0000 && (c & 0xFFFF) <= 0xFFFD;
  return {static_cast<uint8_t>(is_private ? kControl : 0), 0, 0};
}

}  // namespace dragoman::unicode_tables
