// Ranges of tokens, and tokens of words.
#include "tasks/token_windows.hpp"

#include <algorithm>

#include "base/utf.hpp"

namespace dragoman {

TokenRange own_tokens(const Encoding& encoding) {
  TokenRange own{0, encoding.ids.size()};
  while (own.end > 0 && encoding.special[own.end - 1] != 0) --own.end;
  while (own.begin < own.end && encoding.special[own.begin] != 0) ++own.begin;
  return own;
}

std::vector<TokenRange> overlapping_windows(TokenRange own, size_t capacity, size_t stride) {
  std::vector<TokenRange> windows;
  for (size_t begin = own.begin; begin < own.end; begin += capacity - stride) {
    windows.push_back({begin, std::min(begin + capacity, own.end)});
    if (windows.back().end == own.end) break;
  }
  return windows;
}

EncoderSequence window_sequence(const Encoding& encoding, TokenRange own, TokenRange window,
                                size_t input) {
  EncoderSequence sequence;
  sequence.input = input;
  const auto copy = [&](const std::vector<int32_t>& from, std::vector<int32_t>& to) {
    const auto at = [&](size_t i) { return from.begin() + static_cast<std::ptrdiff_t>(i); };
    to.assign(from.begin(), at(own.begin));
    to.insert(to.end(), at(window.begin), at(window.end));
    to.insert(to.end(), at(own.end), from.end());
  };
  copy(encoding.ids, sequence.ids);
  copy(encoding.type_ids, sequence.type_ids);
  return sequence;
}

JoinedWords join_words(const std::vector<std::string>& words, std::string_view delimiter) {
  JoinedWords joined;
  uint32_t units = 0;
  const auto append = [&](std::string_view text) {
    joined.text += text;
    units += utf16_offsets(text).back();
  };
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) append(delimiter);
    joined.starts.push_back(units);
    append(words[i]);
  }
  return joined;
}

Encoding encode_words(const Tokenizer& tokenizer, const std::vector<std::string>& words,
                      const JoinedWords& joined) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  Encoding encoding = tokenizer.encode_words(views, {});
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    if (encoding.words[i] < 0) continue;
    const uint32_t offset = joined.starts[static_cast<size_t>(encoding.words[i])];
    encoding.starts[i] += offset;
    encoding.ends[i] += offset;
  }
  return encoding;
}

}  // namespace dragoman
