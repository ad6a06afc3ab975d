// Tokens back to text.
//
// To add a kind: one class in a file of its own, and one line in `make_decoder`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Changes the tokens to what is to be joined to the text.
  virtual void decode(std::vector<std::string>& tokens) const = 0;
  /// The bytes `token` stands for where characters may be spread over tokens; none where it is
  /// text.
  virtual std::optional<std::string> bytes_of(std::string_view token) const {
    static_cast<void>(token);
    return std::nullopt;
  }
  /// True when neighbours that stand for bytes are read together: what follows may spoil them all.
  virtual bool reads_runs() const { return false; }
};

/// Number of bytes at the end of `bytes` that begin a character of UTF-8 but do not complete it.
size_t unfinished_utf8(std::string_view bytes);

/// @param cleanup  whether spaces before punctuation and English contractions go
std::unique_ptr<Decoder> make_word_piece_decoder(std::string prefix, bool cleanup);

/// From the `decoder` entry of tokenizer.json; null gives null: tokens joined by spaces.
/// Throws unsupported-model for types that are not implemented.
std::unique_ptr<Decoder> make_decoder(const Json& node);

/// The clean-up of WordPiece's decoder, token by token.
std::string clean_up_word_piece(std::string token);

/// Removes spaces before . ? ! , and English contractions, as `transformers` does with
/// clean_up_tokenization_spaces.
std::string clean_up_tokenization(std::string text);

}  // namespace dragoman
