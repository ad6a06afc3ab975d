// Characters with the spans they came from.
#include "text/normalized_text.hpp"

#include <utility>

#include "base/utf.hpp"

namespace dragoman {

NormalizedText NormalizedText::from_utf8(std::string_view text) {
  NormalizedText result;
  result.resize(text.size());  // a character has at least one byte
  size_t count = 0;
  uint32_t units = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const char32_t c = byte < 0x80 ? (++i, byte) : next_code_point(text, i);
    result.chars[count] = c;
    result.starts[count] = units;
    units += utf16_length(c);
    result.ends[count] = units;
  }
  result.resize(count);
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

void NormalizedText::append(const NormalizedText& other, Span span) {
  const auto begin = static_cast<std::ptrdiff_t>(span.begin);
  const auto end = static_cast<std::ptrdiff_t>(span.end);
  chars.append(other.chars, span.begin, span.end - span.begin);
  starts.insert(starts.end(), other.starts.begin() + begin, other.starts.begin() + end);
  ends.insert(ends.end(), other.ends.begin() + begin, other.ends.begin() + end);
}

void NormalizedText::apply(const TextEdit& edit) {
  const size_t count = edit.chars.size();
  std::vector<uint32_t> new_starts(count);
  std::vector<uint32_t> new_ends(count);
  size_t next = 0;  // character of the old text that the next replacing one stands for
  for (size_t i = 0; i < count; ++i) {
    const int32_t change = edit.changes[i];
    // Nothing stands before the first character: what grows there has an empty span.
    const size_t from = change > 0 ? next - 1 : next;
    if (from < size()) {
      new_starts[i] = starts[from];
      new_ends[i] = ends[from];
    }
    if (change <= 0) next += 1 + static_cast<size_t>(-change);
  }
  chars = edit.chars;
  starts = std::move(new_starts);
  ends = std::move(new_ends);
}

void NormalizedText::resize(size_t size) {
  chars.resize(size);
  starts.resize(size);
  ends.resize(size);
}

}  // namespace dragoman
