// Which tokens of one text or two are kept when there are too many.
#pragma once

#include <cstddef>

#include "text/tokenizer.hpp"

namespace dragoman {

/// Where the two references part: of an odd number of tokens left for two long texts, `tokenizers`
/// gives the larger half to the longer text, the slow tokenizers of `transformers` to the first.
enum class OddToken { kToLonger, kToFirst };

enum class TruncationSide { kRight, kLeft };

struct TruncationRules {
  OddToken odd = OddToken::kToLonger;
  TruncationSide side = TruncationSide::kRight;
};

/// Shortens `first` and `second` (null for a single text) so that with `added` special tokens they
/// have at most options.max_length tokens; sets their `truncated`.
/// Throws invalid-argument when the rules of the chosen truncation cannot reach that length.
void truncate(Encoding& first, Encoding* second, int added, const EncodeOptions& options,
              const TruncationRules& rules);

}  // namespace dragoman
