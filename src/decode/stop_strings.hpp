// Texts that end an output, found across the borders of tokens (StopStringCriteria of Python
// `transformers` 4.57).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "text/tokenizer.hpp"

namespace dragoman {

class StopStrings {
 public:
  /// What a token adds to a text, inside of it.
  using Piece = std::function<std::string(int32_t token)>;

  /// @param texts  none of them empty
  StopStrings(std::vector<std::string> texts, Piece piece);

  /// True when a stop string ends within `next`, as it follows `ids`. One that was complete before
  /// does not count, and one that begins in the prompt does.
  bool completes(std::span<const int32_t> ids, int32_t next) const;

 private:
  const std::string& piece(int32_t token) const;

  std::vector<std::string> texts_;
  Piece make_piece_;
  size_t longest_ = 0;                             // bytes
  size_t most_tokens_ = 0;                         // that a match may lie over
  mutable std::map<int32_t, std::string> pieces_;  // of the tokens that were seen
  mutable std::string text_;                       // scratch
};

/// Pieces as Python finds them: a token is joined to those of a fixed text, which is cut off again.
/// A byte of a character that has several is U+FFFD, so a stop string finds no part of one.
/// @param tokenizer  outlives the result
StopStrings::Piece pieces_of(const Tokenizer& tokenizer);

}  // namespace dragoman
