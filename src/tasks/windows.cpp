// Windows over the tokens of a whole text. Tokens are cut, not characters: pieces never span
// words, so a window's tokens are those the text has there.
#include "tasks/windows.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/utf.hpp"

namespace dragoman {

namespace {

// How good a place a token is to begin a window; higher is better.
enum Break { kNoBreak, kWordBreak, kClauseBreak, kSentenceBreak };

bool ends_sentence(char16_t c) {
  constexpr std::u16string_view kMarks = u".!?\u2026\u3002\uFF01\uFF1F\uFF0E\u0964\u06D4\u061F";
  return kMarks.find(c) != std::u16string_view::npos;
}

bool ends_clause(char16_t c) {
  constexpr std::u16string_view kMarks = u",;:)\u2014\u3001\uFF0C\uFF1B\uFF1A\u060C\u061B\uFF09";
  return kMarks.find(c) != std::u16string_view::npos;
}

// Scripts without spaces have their own punctuation, and no word goes on behind it.
bool ends_word(char16_t c) {
  const bool ideographic = c == 0x3001 || c == 0x3002 || c >= 0xFF01;
  return ideographic && (ends_sentence(c) || ends_clause(c));
}

/// Cuts the tokens of one text.
class Splitter {
 public:
  /// @param prefix  UTF-16 units at the beginning of the text that every window needs
  Splitter(const Tokenizer& tokenizer, std::string_view text, size_t prefix,
           const Encoding& encoding);
  Windows split(size_t limit, bool truncate, const std::string& name) const;

 private:
  Break break_before(size_t token) const;
  size_t window_end(size_t begin, size_t capacity) const;
  size_t next_word(size_t token) const;
  std::vector<int32_t> window(size_t begin, size_t end) const;

  const Tokenizer& tokenizer_;
  const Encoding& encoding_;
  std::u16string text_;
  size_t begin_ = 0;  // the text's own tokens: [begin_, end_); the rest surrounds every window
  size_t end_ = 0;
};

Splitter::Splitter(const Tokenizer& tokenizer, std::string_view text, size_t prefix,
                   const Encoding& encoding)
    : tokenizer_(tokenizer), encoding_(encoding), text_(to_utf16(text)) {
  end_ = encoding.ids.size();
  while (end_ > 0 && encoding.special[end_ - 1] != 0) --end_;
  while (begin_ < end_ && encoding.special[begin_] != 0) ++begin_;
  while (begin_ < end_ && encoding.starts[begin_] < prefix) ++begin_;
  // The code of a multilingual model is an ordinary token, which every window needs.
  const size_t code_end = text.substr(0, 2) == ">>" ? text.find("<<") : std::string_view::npos;
  if (code_end == std::string_view::npos || begin_ == end_) return;
  const int32_t code = tokenizer.token_id(text.substr(0, code_end + 2));
  if (code >= 0 && encoding.ids[begin_] == code) ++begin_;
}

// Offsets of different tokenizers include the space before a word or not; both are skipped.
Break Splitter::break_before(size_t token) const {
  size_t position = std::min<size_t>(encoding_.starts[token], text_.size());
  while (position > 0 && text_[position - 1] == u' ') --position;
  const char16_t before = position == 0 ? u'\0' : text_[position - 1];
  if (!tokenizer_.begins_word(encoding_, token) && !ends_word(before)) return kNoBreak;
  if (ends_sentence(before)) return kSentenceBreak;
  return ends_clause(before) ? kClauseBreak : kWordBreak;
}

// The best end of a window, or `begin` when its tokens are one word.
size_t Splitter::window_end(size_t begin, size_t capacity) const {
  const size_t limit = begin + capacity;
  if (limit >= end_) return end_;
  size_t best = begin;
  Break best_break = kNoBreak;
  for (size_t token = limit; token > begin; --token) {
    // Very short windows translate badly, so early punctuation does not count.
    const bool later_half = token - begin >= capacity / 2;
    if (!later_half && best_break != kNoBreak) break;
    const Break found = break_before(token);
    if (found > best_break) {
      best = token;
      best_break = found;
    }
  }
  return best;
}

// Where a word that began before `token` has ended.
size_t Splitter::next_word(size_t token) const {
  while (token < end_ && break_before(token) == kNoBreak) ++token;
  return token;
}

std::vector<int32_t> Splitter::window(size_t begin, size_t end) const {
  const std::vector<int32_t>& ids = encoding_.ids;
  const auto at = [&](size_t index) { return ids.begin() + static_cast<ptrdiff_t>(index); };
  std::vector<int32_t> result(ids.begin(), at(begin_));
  result.insert(result.end(), at(begin), at(end));
  result.insert(result.end(), at(end_), ids.end());
  return result;
}

Windows Splitter::split(size_t limit, bool truncate, const std::string& name) const {
  Windows result;
  if (begin_ == end_) return result;
  const size_t surrounding = begin_ + (encoding_.ids.size() - end_);
  if (surrounding >= limit) {
    throw Error(ErrorCode::kInputTooLong, "A limit of " + std::to_string(limit) +
                                              " tokens leaves no room beside " +
                                              std::to_string(surrounding) + " special tokens.");
  }
  const size_t capacity = limit - surrounding;
  for (size_t begin = begin_; begin < end_;) {
    size_t end = window_end(begin, capacity);
    size_t next = end;
    if (end == begin) {  // one word fills the window and goes on
      end = begin + capacity;
      next = next_word(end);
      if (!truncate) {
        throw Error(ErrorCode::kInputTooLong,
                    name + " has a word of " + std::to_string(next - begin) +
                        " tokens; the model takes at most " + std::to_string(capacity) +
                        " at once. With truncation: true the word is cut.");
      }
      result.truncated = true;
    }
    result.ids.push_back(window(begin, end));
    begin = next;
  }
  return result;
}

}  // namespace

Windows split_windows(const Tokenizer& tokenizer, const PrefixedText& text, int limit,
                      bool truncate, const std::string& name) {
  const std::string whole = text.prefix + std::string(text.text);
  // Its last space belongs to the token after it, in some tokenizers.
  const std::string_view prefix(text.prefix);
  const size_t units = to_utf16(prefix.substr(0, prefix.find_last_not_of(' ') + 1)).size();
  EncodeOptions options;
  options.language = text.language;
  const Encoding encoding = tokenizer.encode(whole, std::nullopt, options);
  return Splitter(tokenizer, whole, units, encoding)
      .split(static_cast<size_t>(limit), truncate, name);
}

}  // namespace dragoman
