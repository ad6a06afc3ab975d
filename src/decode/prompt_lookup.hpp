// Guesses at the tokens to come: what followed the last few tokens where they were said before
// (PromptLookupCandidateGenerator of Python `transformers` 4.57). A wrong guess costs time only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/generation_config.hpp"

namespace dragoman {

class PromptLookup {
 public:
  /// @param vocab_size  of the outputs; a source may have tokens beyond it
  PromptLookup(const GenerationConfig& config, int vocab_size);

  /// The longest matching end of `ids` counts, then the earliest place: in `ids` itself, else,
  /// which Python does not do, in the text that the encoder was given.
  /// @param limit  most tokens
  /// @returns none where nothing matches; a view of `ids` or `source`
  std::span<const int32_t> guess(std::span<const int32_t> ids, std::span<const int32_t> source,
                                 size_t limit) const;

 private:
  size_t plausible(std::span<const int32_t> tokens) const;

  size_t tokens_;  // 0: never a guess
  size_t longest_match_;
  int vocab_size_;
  std::vector<int32_t> ends_;
};

}  // namespace dragoman
