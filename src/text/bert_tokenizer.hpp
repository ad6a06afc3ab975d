// Tokenizers of the BERT kind, and any other that tokenizer.json describes.
#pragma once

#include <memory>

#include "text/special_tokens.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// From tokenizer.json, with what the class of `transformers` changes in it.
std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFiles& files,
                                               const TokenizerClass& kind);

/// From vocab.txt: BertTokenizerFast converted from BertTokenizer, or MPNet's.
std::unique_ptr<Tokenizer> load_vocab_txt(const TokenizerFiles& files, const TokenizerClass& kind);

}  // namespace dragoman
