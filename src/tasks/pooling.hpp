// How the vectors of a text's tokens become one vector.
#pragma once

#include <span>
#include <string_view>

#include "tensor/view.hpp"

namespace dragoman {

/// The modes of sentence-transformers.
enum class PoolMode { kCls, kMax, kMean, kMeanSqrt, kWeightedMean, kLast };

/// @param hidden  [tokens, width] of one text
/// @param skip    tokens at the beginning that do not count: those of a prompt
/// @param out     [width]; all 0 where no token counts
void pool(PoolMode mode, View<const float> hidden, int skip, std::span<float> out);

/// Divides by the Euclidean length, as torch's normalize: what has none stays as it is.
void normalize_length(std::span<float> values);

/// Signs of `values` as bits, the first one highest, as numpy's packbits.
/// @param flip  for signed bytes: 128 is taken off each, as sentence-transformers does
/// @param out   [values / 8]
void pack_signs(std::span<const float> values, bool flip, std::span<uint8_t> out);

}  // namespace dragoman
