// Sums and signs of vectors.
#include "tasks/pooling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dragoman {

namespace {

void add_weighted(std::span<const float> values, float weight, std::span<float> out) {
  for (size_t i = 0; i < out.size(); ++i) out[i] += weight * values[i];
}

void divide(std::span<float> values, float by) {
  for (float& value : values) value /= by;
}

}  // namespace

void pool(PoolMode mode, View<const float> hidden, int skip, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0F);
  const int count = hidden.rows - skip;
  if (count <= 0) return;
  if (mode == PoolMode::kCls || mode == PoolMode::kLast) {
    const std::span<const float> row =
        hidden.row_span(mode == PoolMode::kCls ? skip : hidden.rows - 1);
    std::copy(row.begin(), row.end(), out.begin());
    return;
  }
  if (mode == PoolMode::kMax) {
    std::fill(out.begin(), out.end(), -std::numeric_limits<float>::infinity());
    for (int row = skip; row < hidden.rows; ++row) {
      const std::span<const float> values = hidden.row_span(row);
      for (size_t i = 0; i < out.size(); ++i) out[i] = std::max(out[i], values[i]);
    }
    return;
  }
  float weights = 0.0F;
  for (int row = skip; row < hidden.rows; ++row) {
    const float weight = mode == PoolMode::kWeightedMean ? static_cast<float>(row + 1) : 1.0F;
    add_weighted(hidden.row_span(row), weight, out);
    weights += weight;
  }
  divide(out, mode == PoolMode::kMeanSqrt ? std::sqrt(weights) : weights);
}

void normalize_length(std::span<float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  divide(values, std::max(static_cast<float>(std::sqrt(sum)), 1e-12F));
}

void pack_signs(std::span<const float> values, bool flip, std::span<uint8_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    unsigned bits = 0;
    for (size_t bit = 0; bit < 8; ++bit) {
      bits = bits << 1U | (values[i * 8 + bit] > 0.0F ? 1U : 0U);
    }
    out[i] = static_cast<uint8_t>(flip ? bits ^ 0x80U : bits);
  }
}

}  // namespace dragoman
