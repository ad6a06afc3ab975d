// Text on its way through a tokenizer: its characters as they are now, and for each the span of the
// original text it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dragoman {

/// Half-open range of indices.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

/// The characters that take the place of others. A change tells what each stands for: 0 for the
/// next character of the old text, -n for that one and the n after it, 1 for none: it was added
/// after the character before it, and shares its span.
struct TextEdit {
  std::u32string chars;
  std::vector<int32_t> changes;

  void reserve(size_t size) {
    chars.reserve(size);
    changes.reserve(size);
  }
  void push(char32_t c, int32_t change) {
    chars.push_back(c);
    changes.push_back(change);
  }
};

struct NormalizedText {
  std::u32string chars;
  std::vector<uint32_t> starts;  // per character: UTF-16 offsets into the original text
  std::vector<uint32_t> ends;

  /// Text that is still itself.
  static NormalizedText from_utf8(std::string_view text);

  size_t size() const { return chars.size(); }
  std::u32string_view text(Span span) const {
    return std::u32string_view(chars).substr(span.begin, span.end - span.begin);
  }
  /// The characters of `span`, with their spans of the original text.
  NormalizedText slice(Span span) const;

  /// Keeps the characters for which `keep` holds.
  template <typename Keep>
  void filter(Keep keep) {
    size_t kept = 0;
    for (size_t i = 0; i < chars.size(); ++i) {
      if (!keep(chars[i])) continue;
      chars[kept] = chars[i];
      starts[kept] = starts[i];
      ends[kept] = ends[i];
      ++kept;
    }
    resize(kept);
  }

  /// Appends the characters of `span` of another text.
  void append(const NormalizedText& other, Span span);
  /// Replaces all characters.
  void apply(const TextEdit& edit);
  void reserve(size_t size) {
    chars.reserve(size);
    starts.reserve(size);
    ends.reserve(size);
  }
  /// Appends a character that came from [start, end) of the original text.
  void push(char32_t c, uint32_t start, uint32_t end) {
    chars.push_back(c);
    starts.push_back(start);
    ends.push_back(end);
  }

 private:
  void resize(size_t size);
};

}  // namespace dragoman
