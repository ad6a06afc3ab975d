// From f32 to 8-bit integers: rows of activations at every product, rows of weights at loading.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/packing.hpp"

namespace dragoman {

/// Rows of integers are read in whole groups and written in whole vectors.
constexpr int kQuantizedRowMultiple = 16;

/// What a row of integers stands for: x[i] = scale * (integer[i] - zero_point).
struct RowScale {
  float scale = 0.0F;
  int32_t zero_point = 0;  // of kActivations7
  /// What the weights' offset of 64 adds to every dot product with this row (kWeights7).
  int32_t correction = 0;
};

/// Quantises one row of activations by its own range: to -127..127 around 0 under kWeights7,
/// to 0..127 under kActivations7.
/// @param to  [round_up(k, 16)]; what lies beyond k becomes 0
RowScale quantize_row(const float* x, int k, OperandRole role, int8_t* to);
RowScale quantize_row(const float* x, int k, OperandRole role, int16_t* to);

/// Quantises one output channel to -limit..limit, with the scale of a small set that leaves the
/// least squared error: rows with outliers gain by clipping them. Equal in every build.
/// @param to  [values.size()]
/// @return the scale: value = scale * integer
float quantize_weights(std::span<const float> values, int limit, int8_t* to);

/// The same to -8..7, with a scale for each 32 values. The largest of a group becomes -8, so that
/// all 16 levels are used: scales may be negative.
/// @param to  [values.size()]   @param scales  [ceil(values.size() / 32)]
void quantize_weights_int4(std::span<const float> values, int8_t* to, float* scales);

}  // namespace dragoman
