// The feed-forward block, computed in blocks of rows.
#include "nn/feed_forward.hpp"

#include <algorithm>

#include "kernels/rows.hpp"

namespace dragoman {

namespace {
// The widened activations are the largest of a layer. A block of rows at a time keeps them in the
// second-level cache and bounds the arena; rows do not depend on each other.
constexpr int kBlockRows = 256;

// What a gate lets through has both signs, and outliers where two large values meet.
OperandRole narrow_role(const FeedForwardShape& shape) {
  return shape.gated ? OperandRole::kWeights7 : OperandRole::kActivations7;
}

// Each row's first half, activated, times its second, in place of the first.
View<float> apply_gate(Activation activation, View<float> widened) {
  const int width = widened.cols / 2;
  const View<float> gate = widened.columns(0, width);
  const View<float> up = widened.columns(width, width);
  for (int row = 0; row < widened.rows; ++row) {
    apply_activation(activation, gate.row_span(row));
    multiply(up.row_span(row), gate.row_span(row));
  }
  return gate;
}

}  // namespace

FeedForward::FeedForward(const FeedForwardShape& shape, WeightType type)
    // The input follows a layer norm and has outliers; the activated values are one-sided.
    : widen_(shape.hidden_size, shape.gated ? 2 * shape.ffn_size : shape.ffn_size, type,
             OperandRole::kWeights7, shape.bias),
      narrow_(shape.ffn_size, shape.hidden_size, type, narrow_role(shape), shape.bias),
      activation_(shape.activation),
      gated_(shape.gated) {}

void FeedForward::forward(const Context& context, View<const float> x, View<float> out) const {
  const ArenaScope scope(context.arena);
  const int width = widen_.outputs();
  const int block = std::min(x.rows, kBlockRows);
  const auto storage =
      context.arena.take<float>(static_cast<size_t>(block) * static_cast<size_t>(width));
  for (int first = 0; first < x.rows; first += kBlockRows) {
    const int rows = std::min(kBlockRows, x.rows - first);
    const View<float> widened(storage.data(), rows, width);
    const View<float> target = out.block(first, rows);
    const Activation activation = gated_ ? Activation::kNone : activation_;
    widen_.forward(context, x.block(first, rows), {.activation = activation}, widened);
    const View<float> inner = gated_ ? apply_gate(activation_, widened) : widened;
    narrow_.forward(context, inner, {.residual = target}, target);
  }
}

}  // namespace dragoman
