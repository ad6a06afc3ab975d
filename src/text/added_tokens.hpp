// Tokens that are found in text as they stand, before any model sees it: `[MASK]`, `</s>`, or what
// a publisher added to a vocabulary.
//
// The rules are those of Python `tokenizers` (AddedVocabulary): tokens that are not "normalized"
// are looked for in the text itself, the others in the normalised text; leftmost, then longest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "text/normalized_text.hpp"
#include "text/normalizer.hpp"
#include "text/vocab.hpp"

namespace dragoman {

struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no letter or digit touches it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = true;    // looked for in the normalised text
  bool special = false;      // left out by decode(skip_special_tokens)
  bool operator==(const AddedToken&) const = default;
};

/// From an object with these fields and `content`.
AddedToken read_added_token(const Json& node);

/// Finds the longest of a set of strings that begins at a place.
class TokenMatcher {
 public:
  void add(std::u32string content, int32_t id);
  /// Call once, after the last `add`.
  void finish();
  bool empty() const { return entries_.empty(); }
  /// Length of the longest entry at `position` of `text` and its id; length 0 when none matches.
  std::pair<size_t, int32_t> match(std::u32string_view text, size_t position) const;

 private:
  struct Entry {
    std::u32string content;
    int32_t id;
  };
  std::vector<Entry> entries_;  // sorted by content
  bool first_[256] = {};        // whether an entry begins with a character of these low bits
};

/// A part of a text: ordinary (no id), or an added token.
struct TextPart {
  Span span;
  std::optional<int32_t> id;
};

class AddedVocabulary {
 public:
  /// Adds tokens in order. Those the model knows keep its ids, the others get the next free ones.
  void add(const std::vector<AddedToken>& tokens, const Vocab& model);
  /// Call after the last `add`.
  void finish(const Normalizer* normalizer);

  /// Cuts `text` at the tokens that are looked for before (or after) normalisation.
  std::vector<TextPart> split(std::u32string_view text, bool normalized) const;

  bool is_special(std::string_view token) const { return special_.contains(token); }
  /// Content of the added token with this id.
  const std::string* token(int32_t id) const;
  /// Id of an added token, or -1.
  int32_t find(std::string_view content) const;
  /// Number of tokens the model does not have.
  int extra() const { return extra_; }

 private:
  // A token given twice is looked for as it was first given, with the flags it was last given.
  std::vector<AddedToken> special_patterns_;
  std::vector<AddedToken> other_patterns_;
  std::set<std::string, std::less<>> special_;
  std::map<std::string, int32_t, std::less<>> ids_;
  std::map<int32_t, AddedToken> tokens_;
  TokenMatcher raw_;
  TokenMatcher normalized_;
  int extra_ = 0;
};

}  // namespace dragoman
