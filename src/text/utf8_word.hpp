// A word as UTF-8, with the place of each of its characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf.hpp"

namespace dragoman {

/// Reused from word to word: filling it again allocates nothing once it is large enough.
struct Utf8Word {
  std::string bytes;
  std::vector<uint32_t> bounds;  // character i has the bytes [bounds[i], bounds[i + 1])

  void assign(std::u32string_view word) {
    bytes.clear();
    bounds.clear();
    for (const char32_t c : word) {
      bounds.push_back(static_cast<uint32_t>(bytes.size()));
      append_utf8(bytes, c);
    }
    bounds.push_back(static_cast<uint32_t>(bytes.size()));
  }
  /// The bytes of characters [begin, end).
  std::string_view slice(size_t begin, size_t end) const {
    return std::string_view(bytes).substr(bounds[begin], bounds[end] - bounds[begin]);
  }
};

}  // namespace dragoman
