// Text classification: texts or pairs in, labels with scores out, through an encoder.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tasks/encoder_options.hpp"
#include "tasks/encoder_task.hpp"
#include "tasks/inspection.hpp"
#include "tasks/request.hpp"

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

class TextClassificationTask : public EncoderTask {
 public:
  TextClassificationTask(const TransformerConfig& config, WeightType type)
      : EncoderTask(config, Head::kSequence, type) {}
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 protected:
  /// What turns logits into scores where the request does not say.
  virtual ScoreFunction function_of_model() const;
};

/// Text ranking: pairs of a query and a text, whose one logit says how well they go together.
/// Scores are those of CrossEncoder of Python's sentence-transformers.
class TextRankingTask final : public TextClassificationTask {
 public:
  /// Throws unsupported-model for a model with several labels.
  TextRankingTask(const TransformerConfig& config, WeightType type);
  void finish(const ModelFiles& files) override;

 protected:
  ScoreFunction function_of_model() const override { return function_; }

 private:
  ScoreFunction function_ = ScoreFunction::kSigmoid;
};

/// One request.
class ClassificationJob final : public EncoderJob {
 public:
  /// @param options  function_to_apply settled
  ClassificationJob(const EncoderModel& model, const Tokenizer& tokenizer, TokenLimit limit,
                    ClassificationOptions options, std::vector<TextInput> inputs);
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

  const Classification& result(size_t index) const { return results_[index]; }

 private:
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  void write_labels_of(JsonWriter& writer, const Classification& result) const;

  const Tokenizer& tokenizer_;
  TokenLimit limit_;
  ClassificationOptions options_;
  std::vector<TextInput> inputs_;  // each emptied once tokenised
  std::vector<Classification> results_;
  Inspection inspection_;
};

}  // namespace dragoman
