// Patterns that stages of tokenizers search text for: a string, or one of the regular expressions
// that published files hold.
//
// Of regular expressions (as Oniguruma reads them) this is the part those files use: characters,
// sets of them with ?, *, + or {n,m}, alternatives, (?:…), (?i:…), groups that may be left out, and
// (?=…) and (?!…). Any other is a typed error that names the expression.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/normalized_text.hpp"

namespace dragoman {

/// A set of characters: ranges, categories and other sets, or all but those.
class CharSet {
 public:
  void add_range(char32_t first, char32_t last) { ranges_.emplace_back(first, last); }
  /// @param categories  bits by Category
  void add_categories(uint8_t categories) { categories_ |= categories; }
  void add_white_space() { space_ = true; }
  void add_set(CharSet set) { sets_.push_back(std::move(set)); }
  void negate() { negated_ = !negated_; }
  /// Call after the last change.
  void finish();
  bool contains(char32_t c) const {
    return c < 128 ? (ascii_[c >> 5] >> (c & 31) & 1) != 0 : find(c);
  }

 private:
  bool find(char32_t c) const;

  std::vector<std::pair<char32_t, char32_t>> ranges_;
  std::vector<CharSet> sets_;
  uint8_t categories_ = 0;
  bool space_ = false;
  bool negated_ = false;
  uint32_t ascii_[4] = {};  // the answers for ASCII
};

class Pattern {
 public:
  /// The characters of `text`, as they stand.
  static Pattern literal(std::string_view text);
  /// Throws unsupported-model for an expression that is not of the supported part.
  static Pattern expression(std::string_view text);

  /// The first match that begins at `from` or later; false when there is none.
  /// Throws unsupported-model when the expression takes far too many steps on this text.
  bool find(std::u32string_view text, size_t from, Span& match) const;

 private:
  friend class PatternParser;

  /// A step of matching, and what follows it: indices of nodes_.
  struct Node {
    enum class Kind : uint8_t { kEnd, kChar, kSet, kChoice, kLook };
    Kind kind = Kind::kEnd;
    bool flag = false;  // kChar: whatever the case; kSet: gives nothing back; kLook: must not match
    char32_t character = 0;
    uint32_t set = 0;  // of sets_, repeated from min to max times
    uint32_t min = 1;
    uint32_t max = 1;
    std::vector<uint32_t> choices;  // in order; of kLook the one looked for
    uint32_t next = 0;
  };
  static constexpr size_t kNone = SIZE_MAX;
  size_t match(std::u32string_view text, size_t at, uint32_t node, size_t& steps) const;
  size_t match_set(std::u32string_view text, size_t at, const Node& node, size_t& steps) const;

  std::vector<Node> nodes_;  // the first one is the end
  std::vector<CharSet> sets_;
  uint32_t start_ = 0;
  std::string source_;
};

/// Lower case as (?i:…) compares: of ASCII letters, and of the two characters that fold to them.
char32_t folded(char32_t c);

}  // namespace dragoman
