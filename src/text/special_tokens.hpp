// The classes of tokenizers that `transformers` has: their special tokens and vocabulary files, and
// what else a class says where the files of a model do not.
#pragma once

#include <string_view>

#include "text/pretrained_config.hpp"

namespace dragoman {

/// Classes that differ in more than their special tokens.
enum class TokenizerKind : uint8_t {
  kOther,
  kBert,
  kMpnet,
  kGpt2,
  kRoberta,
  kQwen2,
  kLlama,
  kGemma,
  kT5,
  kPegasus,
  kAlbert,
  kDebertaV2,
  kXlmRoberta,
  kCamembert,
  kMbart,
  kMbart50,
  kNllb,
  kM2m100,
  kMarian,
};

struct TokenizerClass {
  std::string_view names;  // as its models are named, without capitals and signs, between spaces
  TokenizerKind kind = TokenizerKind::kOther;
  std::string_view tokens[7] = {};  // bos, eos, unk, sep, pad, cls, mask; empty for none
  // PretrainedConfig::set_flags of each, for the class over tokenizer.json and for what is
  // converted from other files.
  std::string_view fast_flags = "";
  std::string_view slow_flags = "";
  std::string_view file = "";  // the vocabulary, where there is no tokenizer.json
  bool type_ids = true;        // token_type_ids are among the model's inputs
  bool pads_left = false;
};

/// The class that the files name, or else that of the model's type.
const TokenizerClass& tokenizer_class(const PretrainedConfig& config, std::string_view model_type);

/// The class of BERT's own tokenizer.
const TokenizerClass& bert_class();

/// Names special tokens of the class that the files leave open (the vocabulary need not have them).
/// @param converted  whether there is no tokenizer.json
/// Throws tokenizer-format for lists of them that contradict each other.
void apply_class(PretrainedConfig& config, const TokenizerClass& kind, bool converted);
/// The same for the class of a model's files, which it returns.
const TokenizerClass& apply_class(PretrainedConfig& config, const TokenizerFiles& files,
                                  std::string_view model_type);

}  // namespace dragoman
