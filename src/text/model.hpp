// The third stage of a tokenizer: words to tokens of a vocabulary.
//
// To add a kind: one class in a file of its own, and one line in `make_token_model`. Kinds that
// work on every word derive from CachedModel. Models are not thread-safe: they keep caches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "text/vocab.hpp"

namespace dragoman {

/// A token and the characters of the word it covers.
struct ModelToken {
  int32_t id = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  /// Appends the tokens of `word`.
  /// Throws tokenizer-format when it needs an unknown token that there is not.
  virtual void tokenize(std::u32string_view word, std::vector<ModelToken>& out) const = 0;
  virtual const Vocab& vocab() const = 0;
  /// Whether `token` can begin a word.
  virtual bool begins_word(std::string_view token) const = 0;
  /// Whether tokens that go on with a word have a prefix that says so.
  virtual bool marks_subwords() const { return false; }
};

struct WordPieceOptions {
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  size_t max_input_chars_per_word = 100;
};

/// Longest match first (Wu et al. 2016, as in BERT). Words with a part that matches nothing, and
/// words longer than the limit, become the unknown token.
/// Throws tokenizer-format, naming `file`, when the vocabulary lacks the unknown token.
std::unique_ptr<TokenModel> make_word_piece(Vocab vocab, const WordPieceOptions& options,
                                            const std::string& file);

/// From the `model` entry of tokenizer.json.
/// Throws unsupported-model for types that are not implemented.
std::unique_ptr<TokenModel> make_token_model(const Json& node, const std::string& file);

/// Reads a JSON object of token -> id. Throws tokenizer-format for ids that are negative or do not
/// fit 31 bits.
Vocab read_vocab(const Json& object, const std::string& file);

}  // namespace dragoman
