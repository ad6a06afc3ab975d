// Patterns that stages of tokenizers search text for: a string, or one of the regular expressions
// that published files hold.
//
// Of regular expressions (as Oniguruma reads them) this is the part those files use: characters,
// sets of them with ?, *, + or {n,m}, alternatives, (?:…), (?i:…), groups that may be left out, and
// (?=…) and (?!…). Any other is a typed error that names the expression.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unicode_records.hpp"
#include "text/normalized_text.hpp"

namespace dragoman {

/// A set of characters that one look-up answers for: ASCII one by one, others by their class,
/// which is their category and whether they are white space.
class QuickSet {
 public:
  static constexpr uint32_t kClasses = 16;
  static constexpr uint32_t kEnd = 128 + kClasses;  // where text ends: always a member
  static uint32_t class_of(char32_t c) {
    const unicode_tables::Record record = unicode_tables::record_of(c);
    return (record.traits & 7u) | ((record.flags & unicode_tables::kSpace) != 0 ? 8u : 0u);
  }
  static uint32_t index_of(char32_t c) { return c < 128 ? c : 128 + class_of(c); }

  void add(uint32_t index) { bits_[index >> 5] |= 1u << (index & 31); }
  void add_all() { std::fill(std::begin(bits_), std::end(bits_), ~0u); }
  void add_classes() { bits_[4] = ~0u; }
  void add(const QuickSet& other) {
    for (size_t i = 0; i < std::size(bits_); ++i) bits_[i] |= other.bits_[i];
  }
  bool has(uint32_t index) const { return (bits_[index >> 5] >> (index & 31) & 1) != 0; }

 private:
  uint32_t bits_[5] = {0, 0, 0, 0, 1u << kClasses};
};

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
    return quick_.has(QuickSet::index_of(c)) && (c < 128 || by_class_ || find(c));
  }
  /// No smaller than this set.
  const QuickSet& quick() const { return quick_; }

 private:
  bool find(char32_t c) const;
  bool is_by_class() const;
  bool has_class(uint32_t kind) const;

  std::vector<std::pair<char32_t, char32_t>> ranges_;
  std::vector<CharSet> sets_;
  uint8_t categories_ = 0;
  bool space_ = false;
  bool negated_ = false;
  bool by_class_ = false;  // beyond ASCII whole classes belong to it, or do not
  QuickSet quick_;
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
    QuickSet first;  // what a match can begin with, from this step to the end
  };
  static constexpr size_t kNone = SIZE_MAX;
  /// Call after the last node: every one comes after those that follow it.
  void finish();
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
