// Tokens back to text.
//
// To add a kind: one class in a file of its own, and one line in `make_decoder`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual std::string decode(const std::vector<std::string_view>& tokens) const = 0;
};

/// @param cleanup  whether spaces before punctuation and English contractions go
std::unique_ptr<Decoder> make_word_piece_decoder(std::string prefix, bool cleanup);

/// From the `decoder` entry of tokenizer.json; null gives null: tokens joined by spaces.
/// Throws unsupported-model for types that are not implemented.
std::unique_ptr<Decoder> make_decoder(const Json& node);

/// Removes spaces before . ? ! , and English contractions, as `transformers` does with
/// clean_up_tokenization_spaces.
std::string clean_up_tokenization(std::string text);

}  // namespace dragoman
