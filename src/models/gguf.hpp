// What the head of a GGUF file says of a model, in the words of a published folder.
#pragma once

#include <map>
#include <string>

#include "formats/gguf_header.hpp"
#include "models/config.hpp"

namespace dragoman {

/// The network of the file, whose slots have GGUF's names. Throws unsupported-model for an
/// architecture or feature the engine lacks, model-format for what makes no sense.
TransformerConfig read_gguf_config(const GgufHeader& header);

/// Texts of config.json, generation_config.json, and of the tokenizer: tokenizer.json,
/// tokenizer_config.json. Throws as read_gguf_config(), and tokenizer-format.
std::map<std::string, std::string, std::less<>> gguf_files(const GgufHeader& header);

/// The tokenizer's part of gguf_files(), added to `files`.
void add_gguf_tokenizer(const GgufHeader& header,
                        std::map<std::string, std::string, std::less<>>& files);

}  // namespace dragoman
