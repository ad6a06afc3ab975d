// Projections around the attention kernels. Scratch comes from the arena and goes back to it.
#include "nn/attention.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace dragoman {

namespace {

// Inputs of queries, keys and values come out of a layer norm: outliers, so they get the 8 bits.
constexpr OperandRole kInputRole = OperandRole::kWeights7;
// The input of the output projection is an average of value vectors, without outliers. Either role
// would do; 8-bit weights measured better: output error 4.0 % against 4.3 % over the golden Marian
// models, 9.06 % against 9.16 % for the hidden states of a trained MiniLM.
constexpr OperandRole kOutputRole = OperandRole::kActivations7;

float score_scale(int hidden_size, int heads) {
  return 1.0F / std::sqrt(static_cast<float>(hidden_size / heads));
}

View<float> take(const Context& context, int rows, int cols) {
  const auto count = static_cast<size_t>(rows) * static_cast<size_t>(cols);
  return {context.arena.take<float>(count).data(), rows, cols};
}

// The arena gives raw memory; items are objects and have to be begun.
template <typename T>
std::span<T> take_items(const Context& context, size_t count) {
  const std::span<T> items = context.arena.take<T>(count);
  std::uninitialized_value_construct(items.begin(), items.end());
  return items;
}

}  // namespace

SelfAttention::SelfAttention(const AttentionShape& shape, WeightType type)
    : qkv_(shape.hidden_size, 3 * shape.hidden_size, type, kInputRole, shape.bias),
      output_(shape.hidden_size, shape.hidden_size, type, kOutputRole, shape.bias),
      disentangled_(shape.disentangled),
      heads_(shape.heads),
      scale_(score_scale(shape.hidden_size * shape.scale_factor, shape.heads)) {
  const int width = shape.hidden_size;
  if (disentangled_.shared) return;
  if (disentangled_.content_to_position) position_key_.emplace(width, width, type, kInputRole);
  if (disentangled_.position_to_content) position_query_.emplace(width, width, type, kInputRole);
}

size_t SelfAttention::packed_bytes() const {
  return qkv_.packed_bytes() + output_.packed_bytes() +
         (position_key_ ? position_key_->packed_bytes() : 0) +
         (position_query_ ? position_query_->packed_bytes() : 0);
}

// Keys and queries of relative positions, which the sequences of a batch have in common.
ScoreTerms SelfAttention::project_positions(const Context& context,
                                            const AttentionInput& input) const {
  ScoreTerms terms = input.terms;
  if (!disentangled_.any()) return terms;
  const int width = output_.inputs();
  const int rows = input.positions.rows;
  if (disentangled_.shared) {
    const View<float> all = take(context, rows, 3 * width);
    qkv_.forward(context, input.positions, {}, all);
    if (disentangled_.position_to_content) terms.position_queries = all.columns(0, width);
    if (disentangled_.content_to_position) terms.position_keys = all.columns(width, width);
    return terms;
  }
  if (position_key_) {
    const View<float> keys = take(context, rows, width);
    position_key_->forward(context, input.positions, {}, keys);
    terms.position_keys = keys;
  }
  if (position_query_) {
    const View<float> queries = take(context, rows, width);
    position_query_->forward(context, input.positions, {}, queries);
    terms.position_queries = queries;
  }
  return terms;
}

void SelfAttention::forward(const Context& context, View<const float> x,
                            const AttentionInput& input, View<float> out) const {
  const ArenaScope scope(context.arena);
  const int width = output_.inputs();
  const View<float> projected = take(context, x.rows, 3 * width);
  const View<float> attended = take(context, x.rows, width);
  qkv_.forward(context, x, {}, projected);
  const ScoreTerms terms = project_positions(context, input);
  const auto items = take_items<AttentionItem>(context, input.offsets.size() - 1);
  for (size_t i = 0; i < items.size(); ++i) {
    const int first = input.offsets[i];
    const int rows = input.offsets[i + 1] - first;
    const View<float> part = projected.block(first, rows);
    // Queries and keys lie side by side, and are turned alike.
    if (input.rotary != nullptr) input.rotary->turn(part.columns(0, 2 * width), 0);
    items[i] = {part.columns(0, width), part.columns(width, width), part.columns(2 * width, width),
                attended.block(first, rows)};
    if (!input.probabilities.empty()) items[i].probabilities = input.probabilities[i];
  }
  attention(context, items, heads_, scale_, terms);
  output_.forward(context, attended, {.residual = out}, out);
}

void SelfAttention::forward_cached(const Context& context, View<const float> x,
                                   std::span<const std::span<const int32_t>> histories,
                                   KvCache& cache, int layer, View<float> out) const {
  const ArenaScope scope(context.arena);
  const int width = output_.inputs();
  const View<float> projected = take(context, x.rows, 3 * width);
  const View<float> attended = take(context, x.rows, width);
  qkv_.forward(context, x, {}, projected);
  // Written before anything is read: each row sees its own key too.
  const View<float> keys = cache.keys(layer);
  const View<float> values = cache.values(layer);
  const auto items = take_items<GatheredAttentionItem>(context, histories.size());
  for (int row = 0; row < x.rows; ++row) {
    const auto history = histories[static_cast<size_t>(row)];
    const float* from = projected.row(row);
    std::copy_n(from + width, width, keys.row(history.back()));
    std::copy_n(from + 2 * width, width, values.row(history.back()));
    items[static_cast<size_t>(row)] = {from, history, attended.row(row)};
  }
  gathered_attention(context, items, keys, values, heads_, scale_);
  output_.forward(context, attended, {.residual = out}, out);
}

CrossAttention::CrossAttention(int hidden_size, int heads, WeightType type)
    : query_(hidden_size, hidden_size, type, kInputRole),
      keys_values_(hidden_size, 2 * hidden_size, type, kInputRole),
      output_(hidden_size, hidden_size, type, kOutputRole),
      heads_(heads),
      scale_(score_scale(hidden_size, heads)) {}

size_t CrossAttention::packed_bytes() const {
  return query_.packed_bytes() + keys_values_.packed_bytes() + output_.packed_bytes();
}

void CrossAttention::project(const Context& context, View<const float> encoded,
                             View<float> out) const {
  keys_values_.forward(context, encoded, {}, out);
}

void CrossAttention::forward(const Context& context, View<const float> x,
                             std::span<const CrossAttentionItem> items, View<float> out) const {
  const ArenaScope scope(context.arena);
  const int width = output_.inputs();
  const View<float> queries = take(context, x.rows, width);
  const View<float> attended = take(context, x.rows, width);
  query_.forward(context, x, {}, queries);
  const auto parts = take_items<AttentionItem>(context, items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const CrossAttentionItem& item = items[i];
    parts[i] = {queries.block(item.first_row, item.rows), item.keys_values.columns(0, width),
                item.keys_values.columns(width, width), attended.block(item.first_row, item.rows)};
  }
  attention(context, parts, heads_, scale_);
  output_.forward(context, attended, {.residual = out}, out);
}

}  // namespace dragoman
