// The unigram model as Python `tokenizers` does it: in double precision, with neighbouring unknown
// characters joined. (SentencePiece's own: sentencepiece/unigram.cpp.)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "text/model.hpp"

namespace dragoman {

struct UnigramOptions {
  int32_t unk_id = -1;         // -1: text that no piece covers is an error
  bool byte_fallback = false;  // unknown text becomes bytes, "<0x41>"
};

/// @param vocab   pieces appended in order
/// @param scores  one for each
/// Throws tokenizer-format, naming `file`, for scores that are not finite and an unknown id out of
/// range.
std::unique_ptr<TokenModel> make_unigram(Vocab vocab, std::vector<double> scores,
                                         const UnigramOptions& options, const std::string& file);

/// From the `model` entry of tokenizer.json.
std::unique_ptr<TokenModel> read_unigram(const Json& node, const std::string& file);

}  // namespace dragoman
