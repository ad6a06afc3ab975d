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

bool CharSet::is_by_class() const {
  return std::all_of(ranges_.begin(), ranges_.end(),
                     [](const auto& r) { return r.second < 128; }) &&
         std::all_of(sets_.begin(), sets_.end(), [](const auto& set) { return set.is_by_class(); });
}

// Whether characters beyond ASCII of a class belong to the set, as far as classes tell.
bool CharSet::has_class(uint32_t kind) const {
  const bool found =
      (categories_ >> (kind & 7) & 1) != 0 || (space_ && (kind & 8) != 0) ||
      std::any_of(sets_.begin(), sets_.end(), [&](const auto& set) { return set.has_class(kind); });
  return found != negated_;
}

void CharSet::finish() {
  for (char32_t c = 0; c < 128; ++c) {
    if (find(c)) quick_.add(c);
  }
  by_class_ = is_by_class();
  for (uint32_t kind = 0; kind < QuickSet::kClasses; ++kind) {
    if (!by_class_ || has_class(kind)) quick_.add(128 + kind);
  }
}

void Pattern::finish() {
  for (Node& node : nodes_) {
    switch (node.kind) {
      case Node::Kind::kEnd:
        node.first.add_all();
        break;
      case Node::Kind::kChar:
        for (char32_t c = 0; c < 128; ++c) {
          if ((node.flag ? folded(c) : c) == node.character) node.first.add(c);
        }
        if (node.flag || node.character >= 128) node.first.add_classes();
        break;
      case Node::Kind::kSet:
        node.first = sets_[node.set].quick();
        if (node.min == 0) node.first.add(nodes_[node.next].first);
        break;
      case Node::Kind::kChoice:
        for (const uint32_t choice : node.choices) node.first.add(nodes_[choice].first);
        break;
      case Node::Kind::kLook:
        node.first = nodes_[node.next].first;
        break;
    }
  }
}

bool Pattern::find(std::u32string_view text, size_t from, Span& found) const {
  // What published expressions take is a few steps for each character.
  size_t steps = 1000 + 200 * (text.size() - from);
  const QuickSet& first = nodes_[start_].first;
  for (size_t at = from; at < text.size(); ++at) {
    if (!first.has(QuickSet::index_of(text[at]))) continue;
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
      const uint32_t begin = at < text.size() ? QuickSet::index_of(text[at]) : QuickSet::kEnd;
      for (size_t i = 0; i + 1 < node.choices.size(); ++i) {
        if (!nodes_[node.choices[i]].first.has(begin)) continue;
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
