// The position-wise block of a transformer layer: widen, activate, narrow.
#pragma once

#include "base/context.hpp"
#include "kernels/activations.hpp"
#include "nn/linear.hpp"
#include "tensor/view.hpp"

namespace dragoman {

class FeedForward {
 public:
  FeedForward(int hidden_size, int ffn_size, Activation activation, WeightType type);

  Linear& widen() { return widen_; }
  Linear& narrow() { return narrow_; }
  size_t packed_bytes() const { return widen_.packed_bytes() + narrow_.packed_bytes(); }

  /// out += narrow(activation(widen(x)))
  /// @param x    [rows, hidden_size]
  /// @param out  [rows, hidden_size], may be `x`
  void forward(const Context& context, View<const float> x, View<float> out) const;

 private:
  Linear widen_;
  Linear narrow_;
  Activation activation_;
};

}  // namespace dragoman
