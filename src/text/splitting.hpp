// Cutting words at what is found in them.
#pragma once

#include <string_view>
#include <vector>

#include "text/normalized_text.hpp"
#include "text/pattern.hpp"

namespace dragoman {

/// What becomes of a match: a word of its own, nothing, a word with the matches beside it, or a
/// part of the word before or after.
enum class SplitBehavior { kIsolated, kRemoved, kContiguous, kMergedWithPrevious, kMergedWithNext };

/// Throws unsupported-model for an unknown name.
SplitBehavior split_behavior(std::string_view name);

/// Finds the first match in `text` from `from` on.
class Finder {
 public:
  using Predicate = bool (*)(char32_t);
  /// Every character for which `predicate` holds is a match.
  explicit Finder(Predicate predicate) : predicate_(predicate) {}
  explicit Finder(Pattern pattern) : pattern_(std::move(pattern)) {}
  bool find(std::u32string_view text, size_t from, Span& match) const;

 private:
  Predicate predicate_ = nullptr;
  Pattern pattern_;
};

/// Cuts each of `words`, spans of `text`. With `invert` it is what lies between that counts as the
/// matches.
void split_words(const Finder& finder, SplitBehavior behavior, bool invert,
                 std::u32string_view text, std::vector<Span>& words);

}  // namespace dragoman
