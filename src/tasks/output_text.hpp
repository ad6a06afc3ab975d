// The text of generated ids, and of ids that are still on their way.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "text/tokenizer.hpp"

namespace dragoman {

/// How ids become an output.
struct OutputRules {
  bool clean_up = false;      // spaces before punctuation go
  size_t prompt_letters = 0;  // code points of the prompt's own text, which is no output
};

/// As the pipelines of Python decode, special tokens left out.
std::string output_text(const Tokenizer& tokenizer, std::span<const int32_t> ids,
                        const OutputRules& rules);

/// The beginning of every output_text() whose ids begin with these: no half characters, no spaces
/// that may yet go, but for white space at its end.
std::string settled_text(const Tokenizer& tokenizer, std::span<const int32_t> ids,
                         const OutputRules& rules);

/// Code points of the text of a prompt, as output_text() gives it.
size_t prompt_letters(const Tokenizer& tokenizer, std::span<const int32_t> ids, bool clean_up);

}  // namespace dragoman
