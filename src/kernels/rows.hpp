// Functions of whole rows: normalisation, softmax, log-softmax, sums.
#pragma once

#include <span>

#include "tensor/view.hpp"

namespace dragoman {

/// out = (x - mean) / sqrt(variance + epsilon) * weight + bias, per row (Ba et al. 2016).
/// @param x, out  [rows, n], may be the same    @param weight, bias  [n]
void layer_norm(View<const float> x, std::span<const float> weight, std::span<const float> bias,
                float epsilon, View<float> out);

/// out = x / sqrt(mean square + epsilon) * (weight + offset), per row (Zhang and Sennrich 2019).
/// @param x, out  [rows, n], may be the same    @param weight  [n]
void rms_norm(View<const float> x, std::span<const float> weight, float offset, float epsilon,
              View<float> out);

/// In place: e^(x - maximum of the row), 0 for -inf. @returns the sum, which makes a softmax of it;
/// 0 for a row of nothing but -inf
float exponentiate(std::span<float> row);
/// In place; subtracts the maximum first. -inf entries become 0.
void softmax(std::span<float> row);
/// In place, natural logarithm.
void log_softmax(std::span<float> row);

/// What log_softmax() would take from every score of a row; by itself nothing.
struct RowNorm {
  float maximum = 0.0F;
  float log_sum = 0.0F;
  /// In two steps: a large maximum would swallow digits of the logarithm.
  float log_prob(float score) const { return (score - maximum) - log_sum; }
};
/// A part of a row, so that several threads can find its norm.
struct RowPart {
  float maximum = 0.0F;
  float sum = 0.0F;  // of e^(x - maximum)
  bool finite = true;
};
RowPart measure_part(std::span<const float> part);
/// @param parts  all of a row, in order
RowNorm norm_of(std::span<const RowPart> parts);
/// In place: the rest of log_softmax().
void apply_norm(const RowNorm& norm, std::span<float> row);

/// to[i] += from[i]
void add(std::span<const float> from, std::span<float> to);
/// to[i] *= from[i]
void multiply(std::span<const float> from, std::span<float> to);
/// to[i] = from[i] * scale
void scale(std::span<const float> from, float scale, std::span<float> to);
/// True when every value is finite.
bool all_finite(std::span<const float> row);
/// Index of the largest value, the first of equals. NaN never wins; -1 when the row is all NaN.
int argmax(std::span<const float> row);
/// Index of the first value equal to `value`, -1 where there is none.
int index_of(std::span<const float> row, float value);

}  // namespace dragoman
