// Finishing a task of an encoder, and arithmetic that several have in common.
#include "tasks/encoder_task.hpp"

#include <algorithm>
#include <cmath>

namespace dragoman {

void EncoderTask::finish(const ModelFiles& files) {
  model_->finish();
  tokenizer_ = load_tokenizer(files, config().model_type);
  published_limit_ = published_max_length(files, config().max_positions);
}

void EncoderTask::write_info(JsonWriter& writer) const {
  writer.key("max_length");
  writer.integer(config().max_positions);
}

TokenLimit EncoderTask::limit(Truncation truncation, std::optional<int> asked) const {
  const int usual = truncation == Truncation::kNone ? config().max_positions : published_limit_;
  return {truncation, std::min(asked.value_or(usual), config().max_positions)};
}

void write_labels(JsonWriter& writer, const TransformerConfig& config) {
  writer.key("labels");
  writer.begin_array();
  for (const std::string& label : config.labels) writer.string(label);
  writer.end_array();
}

int32_t special_id(const Tokenizer& tokenizer, const PretrainedConfig& files, const char* name,
                   std::initializer_list<const char*> usual) {
  const std::string given = files.special(name);
  if (!given.empty()) return tokenizer.token_id(given);
  for (const char* token : usual) {
    const int32_t id = tokenizer.token_id(token);
    if (id >= 0) return id;
  }
  return -1;
}

void check_finite(std::span<const float> values) {
  for (const float value : values) {
    if (std::isfinite(value)) continue;
    throw Error(ErrorCode::kModelFormat,
                "The model's output is not a number; its weights are out of range.");
  }
}

}  // namespace dragoman
