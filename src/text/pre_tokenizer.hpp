// The second stage of a tokenizer: normalised text to words.
//
// To add a kind: one class in a file of its own, and one line in `make_pre_tokenizer`.
#pragma once

#include <memory>
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

/// From the `pre_tokenizer` entry of tokenizer.json; null gives null.
/// Throws unsupported-model for types that are not implemented.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& node);

}  // namespace dragoman
