// Angles are rounded to single precision where the reference rounds them.
#include "nn/rotary.hpp"

#include <cmath>

namespace dragoman {

Rotary::Rotary(int positions, int head_dim, float theta)
    : table_(static_cast<size_t>(positions) * static_cast<size_t>(head_dim)), half_(head_dim / 2) {
  for (int i = 0; i < half_; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    const auto period =
        static_cast<float>(std::pow(static_cast<double>(theta), static_cast<double>(exponent)));
    const float frequency = 1.0F / period;
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
