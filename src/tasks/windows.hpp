// Long texts in pieces that the model can take, cut between words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.hpp"

namespace dragoman {

/// A text, and what stands before it in every window: "summarize: ", or nothing.
struct PrefixedText {
  std::string prefix;
  std::string_view text;
  std::optional<int32_t> language = std::nullopt;  // EncodeOptions::language
};

/// A text as one or more sequences of token ids, each with its special tokens and, where the text
/// begins with a code such as >>fra<<, with that code.
struct Windows {
  std::vector<std::vector<int32_t>> ids;  // empty for a text without any token of its own
  bool truncated = false;                 // part of a long word was cut
};

/// Splits before words, where possible after punctuation in the later half of a window. Nothing is
/// lost, with one exception.
/// @param limit     most tokens of a window, special ones included
/// @param truncate  the exception: a single word longer than a window is cut to its length;
///                  otherwise it is refused
/// @param name      of the text in messages, such as "inputs[3]"
/// Throws input-too-long naming both lengths.
Windows split_windows(const Tokenizer& tokenizer, const PrefixedText& text, int limit,
                      bool truncate, const std::string& name);

}  // namespace dragoman
