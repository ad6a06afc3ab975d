// The first stage of a tokenizer: text to normalised text.
//
// To add a kind: one class in a file of its own, and one line in `make_normalizer`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "text/normalized_text.hpp"

namespace dragoman {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void normalize(NormalizedText& text) const = 0;
};

/// What BERT does to text, in this order. (tokenizers: BertNormalizer)
struct BertNormalizerOptions {
  bool clean_text = true;             // drop control characters, make white space ' '
  bool handle_chinese_chars = true;   // surround ideographs with spaces
  std::optional<bool> strip_accents;  // null: as lowercase
  bool lowercase = true;
};

/// Lower case, one character at a time.
void lower_case(NormalizedText& text);

std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options);
BertNormalizerOptions bert_normalizer_options(const Json& node);

/// SentencePiece's precompiled character map as `tokenizers` applies it: to short clusters of
/// characters by the shortest rule, then to single characters.
std::unique_ptr<Normalizer> make_precompiled(std::string_view blob, const std::string& file);
/// From an object with the map in base 64.
std::unique_ptr<Normalizer> read_precompiled(const Json& node);

/// One after the other.
std::unique_ptr<Normalizer> make_sequence(std::vector<std::unique_ptr<Normalizer>> parts);

/// From the `normalizer` entry of tokenizer.json; null gives null.
/// Throws unsupported-model for types that are not implemented.
std::unique_ptr<Normalizer> make_normalizer(const Json& node);

}  // namespace dragoman
