// Matching by backtracking. Only sets are repeated, so that the stack is as deep as the expression
// is long, whatever the text.
#include "text/pattern.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/unicode.hpp"

namespace dragoman {

char32_t folded(char32_t c) {
  if (c - 'A' < 26u) return c + 32;
  if (c == 0x17F) return 's';
  return c == 0x212A ? 'k' : c;
}

bool CharSet::find(char32_t c) const {
  const bool found =
      (categories_ != 0 && (categories_ >> static_cast<int>(category(c)) & 1) != 0) ||
      (space_ && is_white_space(c)) ||
      std::any_of(ranges_.begin(), ranges_.end(),
                  [c](const auto& range) { return c >= range.first && c <= range.second; }) ||
      std::any_of(sets_.begin(), sets_.end(), [c](const CharSet& set) { return set.find(c); });
  return found != negated_;
}

void CharSet::finish() {
  for (char32_t c = 0; c < 128; ++c) {
    if (find(c)) ascii_[c >> 5] |= 1u << (c & 31);
  }
}

bool Pattern::find(std::u32string_view text, size_t from, Span& found) const {
  // What published expressions take is a few steps for each character.
  size_t steps = 1000 + 200 * (text.size() - from);
  for (size_t at = from; at < text.size(); ++at) {
    const size_t end = match(text, at, start_, steps);
    if (end != kNone) {
      found = {at, end};
      return true;
    }
  }
  return false;
}

// @returns where the match ends
size_t Pattern::match(std::u32string_view text, size_t at, uint32_t index, size_t& steps) const {
  for (;;) {
    if (steps-- == 0) {
      throw Error(ErrorCode::kUnsupportedModel,
                  "tokenizer.json: the pattern \"" + source_ + "\" takes too long on this text.");
    }
    const Node& node = nodes_[index];
    if (node.kind == Node::Kind::kEnd) return at;
    if (node.kind == Node::Kind::kSet) return match_set(text, at, node, steps);
    if (node.kind == Node::Kind::kChar) {
      if (at == text.size()) return kNone;
      const char32_t c = node.flag ? folded(text[at]) : text[at];
      if (c != node.character) return kNone;
      ++at;
    } else if (node.kind == Node::Kind::kLook) {
      const bool seen = match(text, at, node.choices[0], steps) != kNone;
      if (seen == node.flag) return kNone;
    } else {
      for (size_t i = 0; i + 1 < node.choices.size(); ++i) {
        const size_t end = match(text, at, node.choices[i], steps);
        if (end != kNone) return end;
      }
      index = node.choices.back();
      continue;
    }
    index = node.next;
  }
}

// As many as there are, then fewer and fewer.
size_t Pattern::match_set(std::u32string_view text, size_t at, const Node& node,
                          size_t& steps) const {
  const CharSet& set = sets_[node.set];
  const size_t limit = std::min<size_t>(text.size() - at, node.max);
  size_t count = 0;
  while (count < limit && set.contains(text[at + count])) ++count;
  if (count < node.min) return kNone;
  if (nodes_[node.next].kind == Node::Kind::kEnd) return at + count;
  for (;; --count) {
    const size_t end = match(text, at + count, node.next, steps);
    if (end != kNone || count == node.min || node.flag) return end;
  }
}

}  // namespace dragoman
