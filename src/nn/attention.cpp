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

// The rows of a cache that `entries` name, in their order.
View<float> gather(const Context& context, const CachedRows& from, int head_dim,
                   std::span<const int32_t> entries) {
  const View<float> to = take(context, static_cast<int>(entries.size()), from.cols);
  for (int row = 0; row < to.rows; ++row) {
    for (int head = 0; head < from.cols / head_dim; ++head) {
      float* target = to.row(row) + head * head_dim;
      const float* values = from.head(entries[static_cast<size_t>(row)], head, head_dim, target);
      if (values != target) std::copy_n(values, head_dim, target);
    }
  }
  return to;
}

}  // namespace

float AttentionShape::scale() const {
  return scaled ? 1.0F / std::sqrt(static_cast<float>(dim() * scale_factor)) : 1.0F;
}

SelfAttention::SelfAttention(const AttentionShape& shape, WeightType type)
    : qkv_(shape.hidden_size, shape.width() + 2 * shape.key_width(), type, kInputRole, shape.bias),
      output_(shape.width(), shape.hidden_size, type, kOutputRole, shape.bias && shape.output_bias),
      disentangled_(shape.disentangled),
      key_width_(shape.key_width()),
      heads_(shape.heads),
      scale_(shape.scale()) {
  if (shape.qk_norm > 0.0F) {
    query_norm_.emplace(shape.dim(), shape.qk_norm, NormKind::kRms);
    key_norm_.emplace(shape.dim(), shape.qk_norm, NormKind::kRms);
  }
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

// Queries, keys and values side by side, normed where the model does so.
View<float> SelfAttention::project(const Context& context, View<const float> x) const {
  const int width = output_.inputs();
  const View<float> projected = take(context, x.rows, width + 2 * key_width_);
  qkv_.forward(context, x, {}, projected);
  if (!query_norm_) return projected;
  const int dim = width / heads_;
  for (int row = 0; row < x.rows; ++row) {
    const View<float> queries(projected.row(row), heads_, dim);
    const View<float> keys(projected.row(row) + width, key_width_ / dim, dim);
    query_norm_->forward(context, queries, queries);
    key_norm_->forward(context, keys, keys);
  }
  return projected;
}

void SelfAttention::forward_cached(const Context& context, View<const float> x,
                                   const CachedAttentionInput& input, View<float> out) const {
  const ArenaScope scope(context.arena);
  const int width = output_.inputs();
  const View<float> projected = project(context, x);
  const View<float> attended = take(context, x.rows, width);
  // Written before anything is read: each row sees its own key too.
  const auto items = take_items<GatheredAttentionItem>(context, input.histories.size());
  for (int row = 0; row < x.rows; ++row) {
    std::span<const int32_t> history = input.histories[static_cast<size_t>(row)];
    if (input.rotary != nullptr) {
      const View<float> turned = projected.block(row, 1).columns(0, width + key_width_);
      input.rotary->turn(turned, static_cast<int>(history.size()) - 1);
    }
    const float* from = projected.row(row);
    input.cache.put(input.layer, history.back(), from + width, from + width + key_width_);
    const size_t seen = static_cast<size_t>(input.window) + 1;
    if (input.window >= 0 && history.size() > seen) history = history.last(seen);
    items[static_cast<size_t>(row)] = {from, history, attended.row(row)};
  }
  const GatheredShape shape{
      .heads = heads_, .head_dim = width / heads_, .scale = scale_, .bias = input.bias};
  gathered_attention(context, items, input.cache.key_rows(input.layer),
                     input.cache.value_rows(input.layer), shape);
  output_.forward(context, attended, {.residual = out}, out);
}

void SelfAttention::prefill(const Context& context, View<const float> x, const PrefillInput& input,
                            View<float> out) const {
  const ArenaScope scope(context.arena);
  const int width = output_.inputs();
  const View<float> projected = project(context, x);
  const View<float> attended = take(context, x.rows, width);
  const CachedRows keys = input.cache.key_rows(input.layer);
  const CachedRows values = input.cache.value_rows(input.layer);
  const int dim = width / heads_;
  const auto items = take_items<AttentionItem>(context, input.histories.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const std::span<const int32_t> history = input.histories[i];
    const int first = input.offsets[i];
    const int rows = input.offsets[i + 1] - first;
    const int total = static_cast<int>(history.size());
    const View<float> part = projected.block(first, rows);
    if (input.rotary != nullptr) {
      input.rotary->turn(part.columns(0, width + key_width_), total - rows);
    }
    for (int row = 0; row < rows; ++row) {
      const int32_t entry = history[static_cast<size_t>(total - rows + row)];
      const float* from = part.row(row) + width;
      input.cache.put(input.layer, entry, from, from + key_width_);
    }
    View<const float> own_keys = part.columns(width, key_width_);
    View<const float> own_values = part.columns(width + key_width_, key_width_);
    // Earlier tokens lie scattered; panels want them in order. What is held rounded is seen so by
    // all, so that it does not matter in how many pieces a prompt comes.
    if (total > rows || input.cache.is_int8()) {
      own_keys = gather(context, keys, dim, history);
      own_values = gather(context, values, dim, history);
    }
    items[i] = {part.columns(0, width), own_keys, own_values, attended.block(first, rows)};
  }
  attention(context, items, heads_, scale_, {.causal = true, .window = input.window});
  output_.forward(context, attended, {.residual = out}, out);
}

CrossAttention::CrossAttention(const AttentionShape& shape, WeightType type)
    : query_(shape.hidden_size, shape.width(), type, kInputRole, shape.bias),
      keys_values_(shape.hidden_size, 2 * shape.width(), type, kInputRole, shape.bias),
      output_(shape.width(), shape.hidden_size, type, kOutputRole, shape.bias),
      heads_(shape.heads),
      scale_(shape.scale()) {}

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
