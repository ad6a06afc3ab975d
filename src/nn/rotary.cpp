// Angles are rounded to single precision where the reference rounds them.
#include "nn/rotary.hpp"

#include <cmath>
#include <numbers>

namespace dragoman {

namespace {

// As transformers' modeling_rope_utils.py, in single precision.
float scaled(float frequency, const RotaryScaling& scaling) {
  if (scaling.kind == RotaryScaling::Kind::kNone) return frequency;
  const float slow = frequency / scaling.factor;
  if (scaling.kind == RotaryScaling::Kind::kLinear) return slow;
  const float wavelength = static_cast<float>(2.0 * std::numbers::pi) / frequency;
  if (wavelength < scaling.original / scaling.high) return frequency;
  if (wavelength > scaling.original / scaling.low) return slow;
  const float share = (scaling.original / wavelength - scaling.low) / (scaling.high - scaling.low);
  return (1.0F - share) * slow + share * frequency;
}

}  // namespace

Rotary::Rotary(int positions, int head_dim, float theta, const RotaryScaling& scaling,
               std::span<const float> divisors)
    : table_(static_cast<size_t>(positions) * static_cast<size_t>(head_dim)), half_(head_dim / 2) {
  for (int i = 0; i < half_; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    const auto period =
        static_cast<float>(std::pow(static_cast<double>(theta), static_cast<double>(exponent)));
    float frequency = scaled(1.0F / period, scaling);
    if (!divisors.empty()) frequency /= divisors[static_cast<size_t>(i)];
    float* at = table_.data() + i;
    for (int position = 0; position < positions; ++position, at += head_dim) {
      const auto angle = static_cast<double>(static_cast<float>(position) * frequency);
      at[0] = static_cast<float>(std::cos(angle));
      at[half_] = static_cast<float>(std::sin(angle));
    }
  }
}

void Rotary::turn(View<float> rows, int first) const {
  for (int row = 0; row < rows.rows; ++row) {
    const float* cosines = table_.data() + static_cast<ptrdiff_t>(first + row) * 2 * half_;
    const float* sines = cosines + half_;
    float* end = rows.row(row) + rows.cols;
    for (float* head = rows.row(row); head < end; head += 2 * half_) {
      for (int i = 0; i < half_; ++i) {
        const float x = head[i];
        const float y = head[half_ + i];
        head[i] = x * cosines[i] - y * sines[i];
        head[half_ + i] = y * cosines[i] + x * sines[i];
      }
    }
  }
}

}  // namespace dragoman
