// The feed-forward block, computed in blocks of rows.
#include "nn/feed_forward.hpp"

#include <algorithm>

namespace dragoman {

namespace {
// The widened activations are the largest of a layer. A block of rows at a time keeps them in the
// second-level cache and bounds the arena; rows do not depend on each other.
constexpr int kBlockRows = 256;
}  // namespace

FeedForward::FeedForward(int hidden_size, int ffn_size, Activation activation, WeightType type)
    // The input follows a layer norm and has outliers; the activated values are one-sided.
    : widen_(hidden_size, ffn_size, type, OperandRole::kWeights7),
      narrow_(ffn_size, hidden_size, type, OperandRole::kActivations7),
      activation_(activation) {}

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
    widen_.forward(context, x.block(first, rows), {.activation = activation_}, widened);
    narrow_.forward(context, widened, {.residual = target}, target);
  }
}

}  // namespace dragoman
