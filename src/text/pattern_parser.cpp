// Reading regular expressions: from text to the nodes of a Pattern, last one first.
#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/pattern.hpp"

namespace dragoman {

namespace {

constexpr uint32_t kUnlimited = UINT32_MAX;
constexpr int kMaxDepth = 32;

uint8_t bit(Category category) {
  return static_cast<uint8_t>(1u << static_cast<int>(category));
}

// Bits of the categories a property names; none when it names others.
std::optional<uint8_t> property(std::u32string_view name) {
  if (name == U"Lu") return bit(Category::kUpper);
  if (name == U"Lt") return bit(Category::kTitle);
  if (name == U"Ll") return bit(Category::kLower);
  if (name == U"Lm") return bit(Category::kModifier);
  if (name == U"Lo") return bit(Category::kOtherLetter);
  if (name == U"M") return bit(Category::kMark);
  if (name == U"N") return bit(Category::kNumber);
  if (name != U"L") return std::nullopt;
  return static_cast<uint8_t>(bit(Category::kUpper) | bit(Category::kTitle) |
                              bit(Category::kLower) | bit(Category::kModifier) |
                              bit(Category::kOtherLetter));
}

}  // namespace

class PatternParser {
 public:
  explicit PatternParser(std::string_view source) : source_(source), text_(to_utf32(source)) {
    pattern_.source_ = source;
    pattern_.nodes_.emplace_back();
  }

  Pattern parse() {
    const Tree tree = alternatives(0);
    if (at_ != text_.size()) fail();
    if (tree.min_length == 0) fail();  // it would match everywhere
    pattern_.start_ = link(tree, 0);
    pattern_.finish();
    return std::move(pattern_);
  }

 private:
  using Node = Pattern::Node;

  // What was read: sequences are linked to what follows them afterwards, from their end.
  struct Tree {
    enum class Kind { kNode, kSequence, kChoice, kOptional, kLook };
    Kind kind = Kind::kSequence;
    Node node;  // of kNode; of kLook its flag
    std::vector<Tree> parts;
    size_t min_length = 0;
  };

  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kUnsupportedModel,
                "tokenizer.json: the pattern \"" + std::string(source_) + "\" is not supported.");
  }
  bool at_end() const { return at_ == text_.size(); }
  bool accept(std::u32string_view word) {
    if (!std::u32string_view(text_).substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  char32_t take() {
    if (at_end()) fail();
    return text_[at_++];
  }

  Tree alternatives(int depth);
  Tree sequence(int depth);
  Tree group(int depth);
  Tree atom();
  void repeat(Tree& tree);
  std::optional<std::pair<uint32_t, uint32_t>> quantifier();
  uint32_t number();
  CharSet bracket(int depth);
  void add_folded(CharSet& set, char32_t first, char32_t last) const;
  std::optional<CharSet> escaped_set(char32_t letter);
  char32_t escaped(char32_t letter);
  char32_t hex(size_t digits);
  Tree set_tree(CharSet set);
  uint32_t link(const Tree& tree, uint32_t next);
  uint32_t add_node(Node node) {
    pattern_.nodes_.push_back(std::move(node));
    return static_cast<uint32_t>(pattern_.nodes_.size() - 1);
  }

  std::string_view source_;
  std::u32string text_;
  size_t at_ = 0;
  bool any_case_ = false;
  Pattern pattern_;
};

PatternParser::Tree PatternParser::alternatives(int depth) {
  if (depth > kMaxDepth) fail();
  Tree choice;
  choice.kind = Tree::Kind::kChoice;
  do {
    choice.parts.push_back(sequence(depth));
  } while (accept(U"|"));
  if (choice.parts.size() == 1) return std::move(choice.parts[0]);
  const auto shortest =
      std::min_element(choice.parts.begin(), choice.parts.end(),
                       [](const Tree& a, const Tree& b) { return a.min_length < b.min_length; });
  choice.min_length = shortest->min_length;
  return choice;
}

PatternParser::Tree PatternParser::sequence(int depth) {
  Tree tree;
  while (!at_end() && text_[at_] != '|' && text_[at_] != ')') {
    Tree part = accept(U"(") ? group(depth + 1) : atom();
    repeat(part);
    tree.min_length += part.min_length;
    tree.parts.push_back(std::move(part));
  }
  return tree;
}

PatternParser::Tree PatternParser::group(int depth) {
  const bool outer_case = any_case_;
  const bool absent = accept(U"?!");
  const bool look = absent || accept(U"?=");
  if (!look && accept(U"?i:")) {
    any_case_ = true;
  } else if (!look && !accept(U"?:") && accept(U"?")) {
    fail();
  }
  Tree tree = alternatives(depth);
  if (!accept(U")")) fail();
  any_case_ = outer_case;
  if (!look) return tree;
  Tree result;
  result.kind = Tree::Kind::kLook;
  result.node.flag = absent;
  result.parts.push_back(std::move(tree));
  return result;
}

PatternParser::Tree PatternParser::set_tree(CharSet set) {
  set.finish();
  Tree tree;
  tree.kind = Tree::Kind::kNode;
  tree.node.kind = Node::Kind::kSet;
  tree.node.set = static_cast<uint32_t>(pattern_.sets_.size());
  tree.min_length = 1;
  pattern_.sets_.push_back(std::move(set));
  return tree;
}

PatternParser::Tree PatternParser::atom() {
  char32_t c = take();
  if (c == '[') return set_tree(bracket(0));
  if (c == '\\') {
    const char32_t letter = take();
    if (auto set = escaped_set(letter)) return set_tree(std::move(*set));
    c = escaped(letter);
  } else if (std::u32string_view(U".^$*+?{}").find(c) != std::u32string_view::npos) {
    fail();
  }
  Tree tree;
  tree.kind = Tree::Kind::kNode;
  tree.node.kind = Node::Kind::kChar;
  tree.node.flag = any_case_;
  tree.node.character = any_case_ ? folded(c) : c;
  tree.min_length = 1;
  return tree;
}

// Only sets are repeated; a character becomes one.
void PatternParser::repeat(Tree& tree) {
  const auto limits = quantifier();
  if (!limits) return;
  const auto [min, max] = *limits;
  if (tree.kind != Tree::Kind::kNode) {
    if (min != 0 || max != 1 || tree.kind == Tree::Kind::kLook) fail();
    Tree inner = std::move(tree);
    tree = Tree();
    tree.kind = Tree::Kind::kOptional;
    tree.parts.push_back(std::move(inner));
    return;
  }
  if (tree.node.kind == Node::Kind::kChar) {
    CharSet set;
    add_folded(set, tree.node.character, tree.node.character);
    tree = set_tree(std::move(set));
  }
  tree.node.min = min;
  tree.node.max = max;
  tree.node.flag = accept(U"+");
  tree.min_length = min;
  if (accept(U"?") || accept(U"*") || accept(U"+")) fail();
}

std::optional<std::pair<uint32_t, uint32_t>> PatternParser::quantifier() {
  if (accept(U"?")) return std::pair{0u, 1u};
  if (accept(U"*")) return std::pair{0u, kUnlimited};
  if (accept(U"+")) return std::pair{1u, kUnlimited};
  if (!accept(U"{")) return std::nullopt;
  const uint32_t min = number();
  uint32_t max = min;
  if (accept(U",")) max = !at_end() && text_[at_] == '}' ? kUnlimited : number();
  // A + after braces would repeat once more, a ? would ask for fewer.
  if (!accept(U"}") || max < min || max == 0) fail();
  if (!at_end() && (text_[at_] == '+' || text_[at_] == '?')) fail();
  return std::pair{min, max};
}

uint32_t PatternParser::number() {
  uint32_t value = 0;
  const size_t first = at_;
  while (!at_end() && text_[at_] - '0' < 10u && at_ - first < 5) {
    value = value * 10 + (text_[at_++] - '0');
  }
  if (at_ == first) fail();
  return value;
}

void PatternParser::add_folded(CharSet& set, char32_t first, char32_t last) const {
  set.add_range(first, last);
  if (!any_case_) return;
  // A to Z and a to z, and what else folds to them.
  for (char32_t c = 'a'; c <= 'z'; ++c) {
    const auto inside = [&](char32_t x) { return x >= first && x <= last; };
    const char32_t upper = c - 32;
    const char32_t other = c == 's' ? 0x17F : (c == 'k' ? 0x212A : c);
    if (!inside(c) && !inside(upper) && !inside(other)) continue;
    for (const char32_t x : {c, upper, other}) set.add_range(x, x);
  }
}

// After "[". A set inside a set adds to it.
CharSet PatternParser::bracket(int depth) {
  if (depth > kMaxDepth) fail();
  CharSet set;
  if (accept(U"^")) set.negate();
  for (bool first = true; first || !accept(U"]"); first = false) {
    if (accept(U"&&") || (first && accept(U"]"))) fail();
    char32_t c = take();
    if (c == '[') {
      if (accept(U":")) fail();
      set.add_set(bracket(depth + 1));
      continue;
    }
    if (c == '\\') {
      const char32_t letter = take();
      if (auto inner = escaped_set(letter)) {
        set.add_set(std::move(*inner));
        continue;
      }
      c = escaped(letter);
    }
    char32_t last = c;
    if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
      ++at_;
      last = take();
      if (last == '[') fail();
      if (last == '\\') last = escaped(take());
      if (last < c) fail();
    }
    add_folded(set, c, last);
  }
  return set;
}

// What a backslash and `letter` stand for, when that is a set.
std::optional<CharSet> PatternParser::escaped_set(char32_t letter) {
  CharSet set;
  if (letter == 's' || letter == 'S') {
    set.add_white_space();
    if (letter == 'S') set.negate();
    return set;
  }
  if (letter != 'p' && letter != 'P') return std::nullopt;
  if (!accept(U"{")) fail();
  if (accept(U"^")) set.negate();
  const size_t end = text_.find('}', at_);
  if (end == std::u32string::npos) fail();
  const auto bits = property(std::u32string_view(text_).substr(at_, end - at_));
  if (!bits) fail();
  set.add_categories(*bits);
  if (letter == 'P') set.negate();
  at_ = end + 1;
  return set;
}

// What a backslash and `letter` stand for, when that is a character.
char32_t PatternParser::escaped(char32_t letter) {
  constexpr std::u32string_view kLetters = U"nrtfvae";
  constexpr std::u32string_view kMeant = U"\n\r\t\f\v\a\x1B";
  const size_t known = kLetters.find(letter);
  if (known != std::u32string_view::npos) return kMeant[known];
  if (letter == 'u') return hex(4);
  if (letter == 'x' && !accept(U"{")) return hex(2);
  // Letters and digits have meanings that are not known here.
  if (letter - '0' < 10u || folded(letter) - 'a' < 26u) fail();
  return letter;
}

char32_t PatternParser::hex(size_t digits) {
  char32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char32_t c = folded(take());
    if (c - '0' < 10u) {
      value = value * 16 + (c - '0');
    } else if (c - 'a' < 6u) {
      value = value * 16 + (c - 'a' + 10);
    } else {
      fail();
    }
  }
  return value;
}

// @returns the node with which `tree`, followed by the node `next`, begins
uint32_t PatternParser::link(const Tree& tree, uint32_t next) {
  if (tree.kind == Tree::Kind::kSequence) {
    for (size_t i = tree.parts.size(); i-- > 0;) next = link(tree.parts[i], next);
    return next;
  }
  Node node = tree.node;
  node.next = next;
  if (tree.kind == Tree::Kind::kNode) return add_node(std::move(node));
  if (tree.kind == Tree::Kind::kLook) {
    node.kind = Node::Kind::kLook;
    node.choices.push_back(link(tree.parts[0], 0));
    return add_node(std::move(node));
  }
  // What follows is linked to every alternative, and does not grow with them.
  node.kind = Node::Kind::kChoice;
  for (const Tree& part : tree.parts) node.choices.push_back(link(part, next));
  if (tree.kind == Tree::Kind::kOptional) node.choices.push_back(next);
  return add_node(std::move(node));
}

Pattern Pattern::expression(std::string_view text) {
  return PatternParser(text).parse();
}

Pattern Pattern::literal(std::string_view text) {
  Pattern pattern;
  pattern.source_ = text;
  pattern.nodes_.emplace_back();
  uint32_t next = 0;
  const std::u32string chars = to_utf32(text);
  for (size_t i = chars.size(); i-- > 0;) {
    Node node;
    node.kind = Node::Kind::kChar;
    node.character = chars[i];
    node.next = next;
    pattern.nodes_.push_back(std::move(node));
    next = static_cast<uint32_t>(pattern.nodes_.size() - 1);
  }
  // An empty string would match everywhere.
  if (next == 0) {
    throw Error(ErrorCode::kUnsupportedModel, "tokenizer.json: an empty pattern is not supported.");
  }
  pattern.start_ = next;
  pattern.finish();
  return pattern;
}

}  // namespace dragoman
