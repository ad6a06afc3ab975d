// What the tasks of an encoder have in common: the network with its head, the tokenizer, limits.
#pragma once

#include <initializer_list>
#include <memory>

#include "models/encoder_model.hpp"
#include "tasks/encoder_job.hpp"
#include "tasks/task.hpp"
#include "text/pretrained_config.hpp"

namespace dragoman {

class EncoderTask : public Task {
 public:
  EncoderTask(const TransformerConfig& config, Head head, WeightType type)
      : model_(make_encoder_model(config, head, type)) {}
  const TransformerConfig& config() const override { return model_->config(); }
  SlotTable& slots() final { return model_->slots(); }
  size_t packed_bytes() const override { return model_->packed_bytes(); }
  void finish(const ModelFiles& files) override;
  /// Writes "max_length".
  void write_info(JsonWriter& writer) const override;

 protected:
  const EncoderModel& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  /// Where truncation cuts unless the request says: tokenizer_config.json knows.
  int published_limit() const { return published_limit_; }
  /// Truncation cuts where published, as in Python; without it a text may have as many tokens as
  /// the model has positions. @param asked  by the request
  TokenLimit limit(Truncation truncation, std::optional<int> asked) const;

 private:
  std::unique_ptr<EncoderModel> model_;
  std::unique_ptr<Tokenizer> tokenizer_;
  int published_limit_ = 0;
};

/// Writes the member "labels" of a classifier's description.
void write_labels(JsonWriter& writer, const TransformerConfig& config);

/// Id of a named special token; where the files do not name it, of the first of `usual` that there
/// is, or -1.
int32_t special_id(const Tokenizer& tokenizer, const PretrainedConfig& files, const char* name,
                   std::initializer_list<const char*> usual);

/// Throws model-format when a value is not a number: weights are checked as they are read, but
/// their products may still overflow, and a choice among NaNs would look like an answer.
void check_finite(std::span<const float> values);

}  // namespace dragoman
