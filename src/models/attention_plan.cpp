// Tables of distances up to the longest sequence.
#include "models/attention_plan.hpp"

#include <algorithm>

namespace dragoman {

AttentionPlan::AttentionPlan(const Context& context, const EncoderParts& parts, int longest)
    : config_(parts.config.attention) {
  const int head_dim = parts.config.hidden_size / parts.config.encoder.heads;
  if (config_.rotary_theta > 0.0F) rotary_.emplace(longest, head_dim, config_.rotary_theta);
  if (config_.local_rotary_theta > 0.0F) {
    local_rotary_.emplace(longest, head_dim, config_.local_rotary_theta);
  }
  if (parts.relative_bias) plan_bias(parts, longest - 1);
  if (parts.relative_table) plan_relative(context, parts, longest - 1);
}

void AttentionPlan::plan_bias(const EncoderParts& parts, int reach) {
  const int heads = parts.config.encoder.heads;
  const int distances = 2 * reach + 1;
  bias_.resize(static_cast<size_t>(heads) * static_cast<size_t>(distances));
  bias_view_ = {bias_.data(), heads, distances};
  parts.relative_bias->fill(bias_view_);
}

// Of the table only the rows that occur are taken: a short text has few distances, and each row
// costs two projections in every layer.
void AttentionPlan::plan_relative(const Context& context, const EncoderParts& parts, int reach) {
  const int last = 2 * config_.span - 1;
  for (int distance = -reach; distance <= reach; ++distance) {
    const int bucket = config_.log_buckets > 0
                           ? log_bucket(distance, config_.log_buckets, config_.max_distance)
                           : distance;
    position_of_.push_back(std::clamp(bucket + config_.span, 0, last));
  }
  const int first = position_of_.front();  // they rise with the distance
  const int rows = position_of_.back() - first + 1;
  const int width = parts.config.hidden_size;
  positions_.resize(static_cast<size_t>(rows) * static_cast<size_t>(width));
  position_view_ = {positions_.data(), rows, width};
  for (int row = 0; row < rows; ++row) {
    parts.relative_table->row(first + row, position_view_.row_span(row));
  }
  for (int32_t& position : position_of_) position -= first;
  if (parts.relative_norm) parts.relative_norm->forward(context, position_view_, position_view_);
}

void AttentionPlan::describe(int index, AttentionInput& input) const {
  const bool is_local = config_.window >= 0 && index % config_.global_every != 0;
  if (is_local) input.terms.window = config_.window;
  const std::optional<Rotary>& rotary = is_local && local_rotary_ ? local_rotary_ : rotary_;
  if (rotary) input.rotary = &*rotary;
  input.terms.bias = bias_view_;
  input.terms.position_of = position_of_;
  input.positions = position_view_;
}

}  // namespace dragoman
