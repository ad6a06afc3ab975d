// Text classification: texts or pairs in, labels with scores out, through an encoder.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/encoder_model.hpp"
#include "tasks/options.hpp"
#include "tasks/request.hpp"
#include "tasks/task.hpp"

namespace dragoman {

struct LabelScore {
  int label = 0;  // index into config().labels
  float score = 0.0F;
};

struct Classification {
  std::vector<LabelScore> labels;  // best first, at most top_k
  bool truncated = false;
};

/// Scores of the logits of one text, in the order of the labels, as Python's pipeline computes
/// them. Throws model-format when a logit is not a number.
/// @param logits  [num_labels]
std::vector<float> label_scores(std::span<const float> logits, ScoreFunction function);

/// The best `top_k` (all without a value); equal scores keep the order of the labels.
std::vector<LabelScore> best_labels(std::span<const float> scores, std::optional<int> top_k);

class TextClassificationTask final : public Task {
 public:
  TextClassificationTask(const TransformerConfig& config, WeightType type);
  const TransformerConfig& config() const override { return model_->config(); }
  SlotTable& slots() override { return model_->slots(); }
  size_t packed_bytes() const override { return model_->packed_bytes(); }
  void finish(const ModelFiles& files) override;
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  ScoreFunction function_of_model() const;

  std::unique_ptr<EncoderModel> model_;
  std::unique_ptr<Tokenizer> tokenizer_;
  int published_limit_ = 0;  // where truncation cuts unless the request says
};

/// One request. Texts are tokenised first, all of them, so that a bad one is refused before any
/// work; then they pass through the encoder in batches bounded by their tokens.
class ClassificationJob final : public Job {
 public:
  /// @param options  function_to_apply and max_length settled
  ClassificationJob(const EncoderModel& model, const Tokenizer& tokenizer,
                    ClassificationOptions options, std::vector<TextInput> inputs);
  bool step(const Context& context) override;
  size_t texts() const override { return results_.size(); }
  size_t finished_texts() const override { return finished_; }
  void write_progress(JsonWriter& writer) override;
  void write_result(JsonWriter& writer) const override;
  size_t cache_bytes() const override { return 0; }

  const Classification& result(size_t index) const { return results_[index]; }

 private:
  struct Tokens {
    std::vector<int32_t> ids;
    std::vector<int32_t> type_ids;
  };

  void tokenize_some();
  void tokenize(size_t index);
  void begin_batch();
  void collect();

  const EncoderModel& model_;
  const Tokenizer& tokenizer_;
  ClassificationOptions options_;
  std::vector<TextInput> inputs_;  // each emptied once tokenised
  std::vector<Tokens> tokens_;     // each emptied once classified
  std::vector<Classification> results_;
  size_t tokenized_ = 0;
  size_t finished_ = 0;
  size_t batch_end_ = 0;               // the running batch is [finished_, batch_end_)
  std::unique_ptr<EncoderPass> pass_;  // of the running batch
};

}  // namespace dragoman
