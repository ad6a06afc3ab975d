// Reading and walking the double array.
#include "text/sentencepiece/charsmap.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dragoman {

namespace {

// Fields of a unit. The label of a leaf has its top bit set, so it equals no byte.
uint32_t label(uint32_t unit) {
  return unit & 0x800000FFu;
}
bool has_leaf(uint32_t unit) {
  return (unit >> 8 & 1) != 0;
}
uint32_t value(uint32_t unit) {
  return unit & 0x7FFFFFFFu;
}
uint32_t offset(uint32_t unit) {
  return (unit >> 10) << ((unit & 0x200u) >> 6);
}

uint32_t read_u32(std::string_view bytes, size_t at) {
  uint32_t result = 0;
  for (size_t i = 4; i-- > 0;) result = (result << 8) | static_cast<uint8_t>(bytes[at + i]);
  return result;
}

}  // namespace

Charsmap::Charsmap(std::string_view blob, const std::string& file) {
  if (blob.empty()) return;
  const uint32_t size = blob.size() > 4 ? read_u32(blob, 0) : 0;
  const bool fits = size >= 1024 && size % 1024 == 0 && size < blob.size() - 4;
  if (fits && blob.back() == '\0') {
    units_.resize(size / 4);
    for (size_t i = 0; i < units_.size(); ++i) units_[i] = read_u32(blob, 4 + i * 4);
    replacements_ = blob.substr(4 + size);
  }
  if (!valid()) {
    throw Error(ErrorCode::kTokenizerFormat, file + ": the precompiled character map of " +
                                                 std::to_string(blob.size()) +
                                                 " bytes is damaged.");
  }
}

// Every place a walk can reach lies inside the array: a child's block of 256 units must, and a leaf
// must point at a replacement.
bool Charsmap::valid() const {
  if (units_.empty()) return false;
  if (label(units_[0]) != 0 || has_leaf(units_[0]) || offset(units_[0]) == 0) return false;
  for (size_t i = 0; i < units_.size(); ++i) {
    const uint32_t unit = units_[i];
    if (label(unit) > 0xFF) {
      if (value(unit) >= replacements_.size()) return false;
      continue;
    }
    const size_t child = i ^ offset(unit);
    if ((child | 0xFF) >= units_.size()) return false;
    if (has_leaf(unit) && label(units_[child]) <= 0xFF) return false;
  }
  return true;
}

std::optional<Charsmap::Match> Charsmap::match(std::string_view text, int max_matches) const {
  if (units_.empty()) return std::nullopt;
  size_t length = 0;
  uint32_t found = 0;
  int matches = 0;
  size_t node = offset(units_[0]);
  for (size_t i = 0; i < text.size() && matches < max_matches; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    node ^= byte;
    const uint32_t unit = units_[node];
    if (label(unit) != byte) break;
    node ^= offset(unit);
    if (!has_leaf(unit)) continue;
    length = i + 1;
    found = value(units_[node]);
    ++matches;
  }
  if (length == 0) return std::nullopt;
  return Match{length, std::string_view(replacements_.data() + found)};
}

}  // namespace dragoman
