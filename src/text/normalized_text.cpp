// Characters with the spans they came from.
#include "text/normalized_text.hpp"

#include <utility>

#include "base/utf.hpp"

namespace dragoman {

NormalizedText NormalizedText::from_utf8(std::string_view text) {
  NormalizedText result;
  result.chars = to_utf32(text);
  result.starts.reserve(result.chars.size());
  result.ends.reserve(result.chars.size());
  uint32_t units = 0;
  for (const char32_t c : result.chars) {
    result.starts.push_back(units);
    units += utf16_length(c);
    result.ends.push_back(units);
  }
  return result;
}

// Spans stay those of the original text, so slices need no shift of their own.
NormalizedText NormalizedText::slice(Span span) const {
  const auto copy = [span](const auto& all) {
    return std::vector<uint32_t>(all.begin() + static_cast<std::ptrdiff_t>(span.begin),
                                 all.begin() + static_cast<std::ptrdiff_t>(span.end));
  };
  NormalizedText result;
  result.chars = chars.substr(span.begin, span.end - span.begin);
  result.starts = copy(starts);
  result.ends = copy(ends);
  return result;
}

void NormalizedText::replace(std::u32string replacement, const std::vector<uint8_t>& grown) {
  std::vector<uint32_t> new_starts(replacement.size());
  std::vector<uint32_t> new_ends(replacement.size());
  size_t next = 0;  // character of the old text that the next replacing one stands for
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (grown[i] == 0) ++next;
    // Nothing stands before the first character: what grows there has an empty span.
    new_starts[i] = next == 0 ? 0 : starts[next - 1];
    new_ends[i] = next == 0 ? 0 : ends[next - 1];
  }
  chars = std::move(replacement);
  starts = std::move(new_starts);
  ends = std::move(new_ends);
}

void NormalizedText::resize(size_t size) {
  chars.resize(size);
  starts.resize(size);
  ends.resize(size);
}

}  // namespace dragoman
