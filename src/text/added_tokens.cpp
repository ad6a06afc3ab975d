// Finding added tokens in text, by the reference's rules.
#include "text/added_tokens.hpp"

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"

namespace dragoman {

AddedToken read_added_token(const Json& node) {
  AddedToken token;
  token.content = node.at("content").as_string();
  token.single_word = node.get_bool("single_word", false);
  token.lstrip = node.get_bool("lstrip", false);
  token.rstrip = node.get_bool("rstrip", false);
  token.special = node.get_bool("special", false);
  token.normalized = node.get_bool("normalized", !token.special);
  return token;
}

void TokenMatcher::add(std::u32string content, int32_t id) {
  if (content.empty()) return;
  first_[content.front() & 0xFF] = true;
  entries_.push_back({std::move(content), id});
}

void TokenMatcher::finish() {
  // Of equal contents the first added counts.
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.content < b.content; });
  const auto last = std::unique(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
    return a.content == b.content;
  });
  entries_.erase(last, entries_.end());
}

std::pair<size_t, int32_t> TokenMatcher::match(std::u32string_view text, size_t position) const {
  std::pair<size_t, int32_t> best{0, -1};
  if (!first_[text[position] & 0xFF]) return best;
  // Narrows the sorted entries to those that agree with the text so far, a character at a time.
  auto low = entries_.begin();
  auto high = entries_.end();
  for (size_t depth = 0; position + depth < text.size() && low != high; ++depth) {
    const char32_t c = text[position + depth];
    const auto less = [depth](const Entry& e, char32_t x) { return e.content[depth] < x; };
    const auto greater = [depth](char32_t x, const Entry& e) { return x < e.content[depth]; };
    low = std::lower_bound(low, high, c, less);
    high = std::upper_bound(low, high, c, greater);
    // The shortest entry sorts first; deeper levels must not read beyond it.
    if (low != high && low->content.size() == depth + 1) {
      best = {depth + 1, low->id};
      ++low;
    }
  }
  return best;
}

void AddedVocabulary::add(const std::vector<AddedToken>& tokens, const Vocab& model) {
  for (const AddedToken& token : tokens) {
    if (!token.special || token.content.empty()) continue;
    if (special_.insert(token.content).second) special_patterns_.push_back(token);
  }
  // Ids in the files are not asked: the reference numbers tokens itself.
  const auto model_size = static_cast<int32_t>(model.size());
  const int32_t highest = tokens_.empty() ? -1 : tokens_.rbegin()->first;
  int32_t next_id = std::max(model_size, highest + 1);
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    int32_t id = find(token.content);
    if (const auto known = tokens_.find(id); known != tokens_.end() && known->second == token) {
      continue;
    }
    if (id < 0) id = model.find(token.content);
    if (id < 0) {
      id = next_id++;
      ++extra_;
    }
    ids_[token.content] = id;
    tokens_[id] = token;
    if (!is_special(token.content)) other_patterns_.push_back(token);
  }
}

// A normalized token is looked for as the normaliser leaves it: "Word" may become "word".
void AddedVocabulary::finish(const Normalizer* normalizer) {
  for (const auto* patterns : {&special_patterns_, &other_patterns_}) {
    for (const AddedToken& pattern : *patterns) {
      const int32_t id = find(pattern.content);
      if (!pattern.normalized) {
        raw_.add(to_utf32(pattern.content), id);
        continue;
      }
      NormalizedText text = NormalizedText::from_utf8(pattern.content);
      if (normalizer != nullptr) normalizer->normalize(text);
      normalized_.add(text.chars, id);
    }
  }
  raw_.finish();
  normalized_.finish();
}

const std::string* AddedVocabulary::token(int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second.content;
}

int32_t AddedVocabulary::find(std::string_view content) const {
  const auto found = ids_.find(content);
  return found == ids_.end() ? -1 : found->second;
}

std::vector<TextPart> AddedVocabulary::split(std::u32string_view text, bool normalized) const {
  const TokenMatcher& matcher = normalized ? normalized_ : raw_;
  std::vector<TextPart> parts;
  size_t done = 0;  // end of the last part
  for (size_t i = 0; !matcher.empty() && i < text.size();) {
    const auto [length, id] = matcher.match(text, i);
    if (length == 0) {
      ++i;
      continue;
    }
    // What the flags add to the match, or why it does not count.
    size_t begin = i;
    size_t end = i + length;
    i = end;  // the search goes on behind the match itself, whatever white space it takes
    const AddedToken& token = tokens_.at(id);
    if (token.single_word && ((begin > 0 && is_word_character(text[begin - 1])) ||
                              (end < text.size() && is_word_character(text[end])))) {
      continue;
    }
    if (token.lstrip) {
      while (begin > done && is_white_space(text[begin - 1])) --begin;
    }
    if (token.rstrip) {
      while (end < text.size() && is_white_space(text[end])) ++end;
    }
    if (done < begin) parts.push_back({{done, begin}, std::nullopt});
    parts.push_back({{begin, end}, id});
    done = end;
  }
  if (done < text.size()) parts.push_back({{done, text.size()}, std::nullopt});
  return parts;
}

}  // namespace dragoman
