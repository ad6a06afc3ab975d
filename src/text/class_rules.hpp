// What the fast classes of `transformers` do to any tokenizer, whichever files it was made of.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "text/pipeline_tokenizer.hpp"
#include "text/pretrained_config.hpp"
#include "text/special_tokens.hpp"

namespace dragoman {

/// Id of an added token or one of the vocabulary, or -1.
int32_t find_token(const TokenizerStages& stages, std::string_view content);

/// The same for a token that must be there. Throws tokenizer-format.
int32_t require_token(const TokenizerStages& stages, std::string_view content);

/// Adds the tokens that the files and the class name to those of the vocabulary and its own.
void add_configured(const PretrainedConfig& config, TokenizerStages& stages);

/// After add_configured: applies the class's template of special tokens and its languages, and
/// makes the tokenizer.
/// @param clean_up  whether decoding removes spaces when the files do not say
std::unique_ptr<Tokenizer> finish_tokenizer(const PretrainedConfig& config,
                                            const TokenizerClass& kind, TokenizerStages stages,
                                            bool clean_up);

}  // namespace dragoman
