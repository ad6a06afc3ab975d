// Where in its sequence a token stands: tables of vectors added to the embeddings.
#pragma once

#include <span>
#include <vector>

#include "tensor/view.hpp"

namespace dragoman {

/// Two readings of the formula. Both have all sines first, then all cosines.
enum class SinusoidalKind {
  kMarian,   // MarianSinusoidalPositionalEmbedding: frequencies as in the paper
  kFairseq,  // M2M100SinusoidalPositionalEmbedding: the last frequency is 1 / 10000
};

/// Sinusoidal positions (Vaswani et al. 2017, section 3.5).
class SinusoidalPositions {
 public:
  /// @param first  position of the first row
  SinusoidalPositions(int count, int width, SinusoidalKind kind = SinusoidalKind::kMarian,
                      int first = 0);
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
