// The second stage of a tokenizer: normalised text to words.
//
// To add a kind: one class in a file of its own, and one line in `make_pre_tokenizer`.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "text/normalized_text.hpp"

namespace dragoman {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Cuts each of `words`, which are spans of `text`, into smaller ones. A kind that also changes
  /// characters (byte-level, Metaspace) rewrites `text` and moves the spans with it.
  virtual void split(NormalizedText& text, std::vector<Span>& words) const = 0;
};

/// White space separates words; punctuation characters are words of their own.
std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer();

/// GPT-2's: every byte becomes a character of its alphabet.
/// @param use_regex  whether text is cut into GPT-2's words before
std::unique_ptr<PreTokenizer> make_byte_level(bool add_prefix_space, bool use_regex);

struct MetaspaceOptions;
std::unique_ptr<PreTokenizer> make_metaspace(const MetaspaceOptions& options);

/// Puts `prefix` before the words that do not begin with it and whose place in the original text
/// `wanted` takes. It shares the span of the character behind it.
template <typename Wanted>
void prefix_words(NormalizedText& text, std::vector<Span>& words, char32_t prefix, Wanted wanted) {
  const auto lacks = [&](const Span& word) {
    return word.begin < word.end && text.chars[word.begin] != prefix &&
           wanted(text.starts[word.begin]);
  };
  if (std::none_of(words.begin(), words.end(), lacks)) return;
  NormalizedText out;
  out.reserve(text.size() + words.size());
  for (Span& word : words) {
    const size_t begin = out.size();
    if (lacks(word)) out.push(prefix, text.starts[word.begin], text.ends[word.begin]);
    out.append(text, word);
    word = {begin, out.size()};
  }
  text = std::move(out);
}

/// From the `pre_tokenizer` entry of tokenizer.json; null gives null.
/// Throws unsupported-model for types that are not implemented.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& node);

}  // namespace dragoman
