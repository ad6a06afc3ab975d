// Vocabularies of SentencePiece as Python's fast tokenizers have them: pieces at other ids, merges
// worked out of scores.
//
// Follows convert_slow_tokenizer.py of `transformers` 4.57, class by class.
#pragma once

#include <memory>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/model.hpp"
#include "text/pretrained_config.hpp"
#include "text/sentencepiece/spm_model.hpp"
#include "text/special_tokens.hpp"

namespace dragoman {

/// The model of a class. Throws tokenizer-format naming the file.
std::unique_ptr<TokenModel> convert_pieces(const SpmModel& spm, const PretrainedConfig& config,
                                           TokenizerKind kind);

/// Control and user-defined pieces, which become added tokens, in order of id.
std::vector<AddedToken> added_pieces(const SpmModel& spm, TokenizerKind kind);

}  // namespace dragoman
