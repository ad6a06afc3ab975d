// Encodings of texts of any length as sequences the model can take: windows that overlap.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/encoder_job.hpp"

namespace dragoman {

/// Half-open range of the tokens of an encoding.
struct TokenRange {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
};

/// The tokens of a single text without the special ones around them.
TokenRange own_tokens(const Encoding& encoding);

/// Windows of at most `capacity` tokens over `own`, each but the last full, neighbours with
/// `stride` tokens in common: those of `tokenizers`, truncating with a stride. None for no tokens.
/// @param stride  less than capacity
std::vector<TokenRange> overlapping_windows(TokenRange own, size_t capacity, size_t stride);

/// A window between the tokens that stand before and after `own` in the encoding.
EncoderSequence window_sequence(const Encoding& encoding, TokenRange own, TokenRange window,
                                size_t input);

/// Words that were given one by one, as one text.
struct JoinedWords {
  std::string text;
  std::vector<uint32_t> starts;  // UTF-16 offsets of the words
};
JoinedWords join_words(const std::vector<std::string>& words, std::string_view delimiter);

/// Words encoded each by itself, as Python does with is_split_into_words. Offsets are those in the
/// joined text, Encoding::words are indices of `words`.
Encoding encode_words(const Tokenizer& tokenizer, const std::vector<std::string>& words,
                      const JoinedWords& joined);

}  // namespace dragoman
