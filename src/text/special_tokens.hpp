// Special tokens, and what else the class of a tokenizer says where its files do not.
#pragma once

#include <string_view>

#include "text/pretrained_config.hpp"

namespace dragoman {

/// What the class of `transformers` says of what its tokenizers give.
struct TokenizerClass {
  bool type_ids = true;  // token_type_ids are among the model's inputs
  bool pads_left = false;
};

/// Names special tokens of the class that the files leave open (the vocabulary need not have them).
/// @param model_type  decides the class when no file does
TokenizerClass apply_class(PretrainedConfig& config, std::string_view model_type);

}  // namespace dragoman
