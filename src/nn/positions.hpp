// Where in its sequence a token stands: tables of vectors added to the embeddings.
#pragma once

#include <span>
#include <vector>

#include "tensor/view.hpp"

namespace dragoman {

/// Sinusoidal positions (Vaswani et al. 2017, section 3.5) in the order of
/// MarianSinusoidalPositionalEmbedding: all sines, then all cosines, not interleaved.
class SinusoidalPositions {
 public:
  SinusoidalPositions(int count, int width);
  int count() const { return count_; }
  size_t packed_bytes() const { return table_.size() * sizeof(float); }
  /// @returns [width]
  std::span<const float> row(int position) const;

 private:
  std::vector<float> table_;  // [count, width]
  int count_;
  int width_;
};

}  // namespace dragoman
