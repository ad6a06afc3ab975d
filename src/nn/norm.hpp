// Normalisation layers: a weight, a bias and the epsilon they were trained with.
#pragma once

#include "base/context.hpp"
#include "nn/linear.hpp"
#include "tensor/view.hpp"

namespace dragoman {

enum class NormKind { kLayer, kRms };

/// Normalisation of rows: layer (Ba et al. 2016) or root mean square (Zhang and Sennrich 2019),
/// which has neither mean nor bias.
class LayerNorm {
 public:
  /// @param offset  added to the weights of a root mean square norm
  LayerNorm(int size, float epsilon, NormKind kind = NormKind::kLayer, float offset = 0.0F);

  Slot* weight_slot() { return weight_.slot(); }
  Slot* bias_slot() { return bias_.slot(); }
  size_t packed_bytes() const;

  /// @param x, out  [rows, size], may be the same
  void forward(const Context& context, View<const float> x, View<float> out) const;

 private:
  Vector weight_;
  Vector bias_;
  float epsilon_;
  NormKind kind_;
  float offset_;
};

}  // namespace dragoman
