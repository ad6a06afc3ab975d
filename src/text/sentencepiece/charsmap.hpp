// SentencePiece's precompiled character map: a double-array trie from byte strings to replacements.
//
// Layout of the blob: u32 size of the trie in bytes, the trie (u32 units, little endian,
// Darts-clone format), then the replacements, each ending in NUL. A trie value is an offset into
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dragoman {

class Charsmap {
 public:
  Charsmap() = default;
  /// Throws tokenizer-format, naming `file`, when the blob is not such a map.
  Charsmap(std::string_view blob, const std::string& file);

  struct Match {
    size_t length;                 // bytes of the text
    std::string_view replacement;  // valid as long as the map
  };
  /// The rule of the longest match at the beginning of `text`.
  std::optional<Match> match(std::string_view text) const { return match(text, kMaxMatches); }
  /// The rule of the shortest match there.
  std::optional<Match> shortest(std::string_view text) const { return match(text, 1); }

 private:
  static constexpr int kMaxMatches = 32;  // as many as SentencePiece looks at
  std::optional<Match> match(std::string_view text, int max_matches) const;
  bool valid() const;

  std::vector<uint32_t> units_;
  std::string replacements_;
};

}  // namespace dragoman
