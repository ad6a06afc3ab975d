// Layers as sequences of residual blocks.
#include "models/layers.hpp"

namespace dragoman {

namespace {

// hidden = norm(hidden + block(hidden)), or hidden + block(norm(hidden)).
// @param norm   null: the sum or the input stays as it is
// @param block  called as block(input, out), adds its result to `out`; may be given one view twice
template <typename Block>
void residual(const Context& context, const LayerNorm* norm, NormPlace place, View<float> hidden,
              const Block& block) {
  if (place == NormPlace::kPost || norm == nullptr) {  // a block reads its input before it adds
    block(hidden, hidden);
    if (norm != nullptr) norm->forward(context, hidden, hidden);
    return;
  }
  const ArenaScope scope(context.arena);
  const auto count = static_cast<size_t>(hidden.rows) * static_cast<size_t>(hidden.cols);
  const View<float> normed(context.arena.take<float>(count).data(), hidden.rows, hidden.cols);
  norm->forward(context, hidden, normed);
  block(normed, hidden);
}

// Attention of some kind, then the feed-forward block.
template <typename Attend>
void run_blocks(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
                View<float> hidden, const Attend& attend) {
  const LayerNorm* attention_norm = layer.attention_norm ? &*layer.attention_norm : nullptr;
  residual(context, attention_norm, norm_place, hidden, attend);
  residual(context, &layer.ffn_norm, norm_place, hidden,
           [&](View<const float> x, View<float> out) { layer.ffn.forward(context, x, out); });
}

}  // namespace

void run_layer(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
               const AttentionInput& input, View<float> hidden) {
  run_blocks(context, layer, norm_place, hidden, [&](View<const float> x, View<float> out) {
    layer.attention.forward(context, x, input, out);
  });
}

void run_layer(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
               const PrefillInput& input, View<float> hidden) {
  run_blocks(context, layer, norm_place, hidden, [&](View<const float> x, View<float> out) {
    layer.attention.prefill(context, x, input, out);
  });
}

void run_layer(const Context& context, const EncoderLayer& layer, NormPlace norm_place,
               const CachedAttentionInput& input, View<float> hidden) {
  run_blocks(context, layer, norm_place, hidden, [&](View<const float> x, View<float> out) {
    layer.attention.forward_cached(context, x, input, out);
  });
}

void run_layer(const Context& context, const DecoderLayer& layer, int index, NormPlace norm_place,
               const DecoderStep& step, View<float> hidden) {
  residual(context, &layer.attention_norm, norm_place, hidden,
           [&](View<const float> x, View<float> out) {
             layer.attention.forward_cached(context, x,
                                            {step.histories, step.cache, index, step.bias}, out);
           });
  residual(context, &layer.cross_norm, norm_place, hidden,
           [&](View<const float> x, View<float> out) {
             layer.cross.forward(context, x, step.sources, out);
           });
  residual(context, &layer.ffn_norm, norm_place, hidden,
           [&](View<const float> x, View<float> out) { layer.ffn.forward(context, x, out); });
}

}  // namespace dragoman
