// Tokenizers of folders without tokenizer.json: SentencePiece models, and vocab.json with
// merges.txt, as Python's fast tokenizers read them.
#pragma once

#include <memory>
#include <string>

#include "text/special_tokens.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// Whether the class has a vocabulary of its own kind, in the file it names, that can be read.
bool is_convertible(TokenizerKind kind);

/// Throws model-incomplete naming a file that lacks, tokenizer-format for damaged ones.
std::unique_ptr<Tokenizer> convert_tokenizer(const TokenizerFiles& files,
                                             const TokenizerClass& kind);

}  // namespace dragoman
