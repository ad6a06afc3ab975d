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

struct NormalizedText {
  std::u32string chars;
  std::vector<uint32_t> starts;  // per character: UTF-16 offsets into the original text
  std::vector<uint32_t> ends;

  /// Text that is still itself.
  static NormalizedText from_utf8(std::string_view text);

  size_t size() const { return chars.size(); }
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

  /// Replaces the characters. `grown[i]` tells whether `replacement[i]` was added after the
  /// character before it (and shares its span) or stands for the next character of the old text.
  void replace(std::u32string replacement, const std::vector<uint8_t>& grown);

 private:
  void resize(size_t size);
};

}  // namespace dragoman
