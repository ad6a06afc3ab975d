// Tokenizers of the BERT kind, and any other that tokenizer.json describes.
#pragma once

#include <memory>
#include <string_view>

#include "text/tokenizer.hpp"

namespace dragoman {

/// From tokenizer.json, with what BertTokenizerFast of `transformers` changes in it.
/// @param model_type  decides the tokenizer's class when no file does
std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFiles& files,
                                               std::string_view model_type);

/// From vocab.txt: BertTokenizerFast converted from BertTokenizer.
std::unique_ptr<Tokenizer> load_vocab_txt(const TokenizerFiles& files);

}  // namespace dragoman
