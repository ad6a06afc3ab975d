// Layer normalisation with its parameters.
#include "nn/norm.hpp"

namespace dragoman {

LayerNorm::LayerNorm(int size, float epsilon)
    : weight_(size, 1.0F), bias_(size, 0.0F), epsilon_(epsilon) {}

size_t LayerNorm::packed_bytes() const {
  return (weight_.values().size() + bias_.values().size()) * sizeof(float);
}

void LayerNorm::forward(View<const float> x, View<float> out) const {
  layer_norm(x, weight_.values(), bias_.values(), epsilon_, out);
}

}  // namespace dragoman
