// The behaviours of `tokenizers` (SplitDelimiterBehavior), one match after the other.
#include "text/splitting.hpp"

#include <utility>

#include "base/error.hpp"

namespace dragoman {

namespace {

struct Piece {
  Span span;
  bool match;
};

// The parts of `word`, matches and what lies between.
void find_pieces(const Finder& finder, bool invert, std::u32string_view text, Span word,
                 std::vector<Piece>& out) {
  const std::u32string_view inside = text.substr(word.begin, word.end - word.begin);
  size_t done = 0;
  Span found;
  while (done < inside.size() && finder.find(inside, done, found)) {
    if (done < found.begin) {
      out.push_back({{word.begin + done, word.begin + found.begin}, invert});
    }
    out.push_back({{word.begin + found.begin, word.begin + found.end}, !invert});
    done = found.end;
  }
  if (done < inside.size()) out.push_back({{word.begin + done, word.end}, invert});
}

// Whether piece `i` belongs to the word that the piece before it is in.
bool continues(const std::vector<Piece>& pieces, size_t i, SplitBehavior behavior) {
  if (i == 0) return false;
  switch (behavior) {
    case SplitBehavior::kContiguous:
      return pieces[i].match == pieces[i - 1].match;
    case SplitBehavior::kMergedWithPrevious:
      return pieces[i].match && !pieces[i - 1].match;
    case SplitBehavior::kMergedWithNext:
      return pieces[i - 1].match && !pieces[i].match;
    default:
      return false;
  }
}

}  // namespace

SplitBehavior split_behavior(std::string_view name) {
  constexpr std::string_view kNames[] = {"Isolated", "Removed", "Contiguous", "MergedWithPrevious",
                                         "MergedWithNext"};
  for (int i = 0; i < 5; ++i) {
    if (name == kNames[i]) return static_cast<SplitBehavior>(i);
  }
  throw Error(ErrorCode::kUnsupportedModel,
              "tokenizer.json: the behavior \"" + std::string(name) + "\" is not supported.");
}

bool Finder::find(std::u32string_view text, size_t from, Span& match) const {
  if (predicate_ == nullptr) return pattern_.find(text, from, match);
  for (size_t i = from; i < text.size(); ++i) {
    if (!predicate_(text[i])) continue;
    match = {i, i + 1};
    return true;
  }
  return false;
}

void split_words(const Finder& finder, SplitBehavior behavior, bool invert,
                 std::u32string_view text, std::vector<Span>& words) {
  std::vector<Span> out;
  out.reserve(words.size());
  std::vector<Piece> pieces;
  for (const Span word : words) {
    pieces.clear();
    find_pieces(finder, invert, text, word, pieces);
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (behavior == SplitBehavior::kRemoved && pieces[i].match) continue;
      if (continues(pieces, i, behavior)) {
        out.back().end = pieces[i].span.end;
      } else {
        out.push_back(pieces[i].span);
      }
    }
  }
  words = std::move(out);
}

}  // namespace dragoman
