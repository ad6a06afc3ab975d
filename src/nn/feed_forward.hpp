// The position-wise block of a transformer layer: widen, activate or gate, narrow.
#pragma once

#include "base/context.hpp"
#include "kernels/activations.hpp"
#include "nn/linear.hpp"
#include "tensor/view.hpp"

namespace dragoman {

struct FeedForwardShape {
  int hidden_size = 0;
  int ffn_size = 0;
  Activation activation = Activation::kGelu;
  bool gated = false;  // activation(gate(x)) * up(x) instead of activation(widen(x)) (Shazeer 2020)
  bool bias = true;
};

class FeedForward {
 public:
  FeedForward(const FeedForwardShape& shape, WeightType type);

  /// Gated: the outputs of the gate, then those of the up projection.
  Linear& widen() { return widen_; }
  Linear& narrow() { return narrow_; }
  size_t packed_bytes() const { return widen_.packed_bytes() + narrow_.packed_bytes(); }

  /// out += narrow(activation(widen(x))), or with the gate
  /// @param x    [rows, hidden_size]
  /// @param out  [rows, hidden_size], may be `x`
  void forward(const Context& context, View<const float> x, View<float> out) const;

 private:
  Linear widen_;
  Linear narrow_;
  Activation activation_;
  bool gated_;
};

}  // namespace dragoman
