// Rotary positions (Su et al. 2021): queries and keys are turned by angles of their position.
#pragma once

#include <span>
#include <vector>

#include "tensor/view.hpp"

namespace dragoman {

/// How a model trained for short texts reads longer ones: it turns more slowly.
struct RotaryScaling {
  enum class Kind { kNone, kLinear, kLlama3 };
  Kind kind = Kind::kNone;
  float factor = 1.0F;
  // Of kLlama3: wavelengths below original / high stay, above original / low are scaled.
  float low = 1.0F;
  float high = 4.0F;
  float original = 8192.0F;
};

/// Sines and cosines of the first positions. Pairs are i and i + head_dim / 2 of a head, as
/// rotate_half() in Python has them.
class Rotary {
 public:
  /// @param head_dim  even
  /// @param divisors  [head_dim / 2], of the frequencies; or empty
  Rotary(int positions, int head_dim, float theta, const RotaryScaling& scaling = {},
         std::span<const float> divisors = {});
  int positions() const { return static_cast<int>(table_.size()) / (2 * half_); }
  /// Turns row i by the angles of position first + i. @param rows  [rows, heads * head_dim]
  void turn(View<float> rows, int first) const;

 private:
  std::vector<float> table_;  // [positions, head_dim]: cosines, then sines
  int half_;
};

}  // namespace dragoman
