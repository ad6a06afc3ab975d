// Zero-shot classification: texts in, the candidate labels with scores out, through a model of
// natural language inference that is asked whether a text entails a sentence about the label.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/encoder_options.hpp"
#include "tasks/encoder_task.hpp"
#include "tasks/request.hpp"

namespace dragoman {

/// `text` with `label` in place of `{}` or `{0}`, as Python's str.format does it; `{{` and `}}`
/// are braces. Throws invalid-argument where nothing would be replaced, or something else.
std::string fill_template(std::string_view text, std::string_view label);

/// Scores of the labels of one text, as ZeroShotClassificationPipeline computes them.
/// @param logits  of all labels of the text, [labels, num_labels] row-major
std::vector<float> entailment_scores(View<const float> logits, int entailment, bool multi_label);

class ZeroShotTask final : public EncoderTask {
 public:
  ZeroShotTask(const TransformerConfig& config, WeightType type)
      : EncoderTask(config, Head::kSequence, type) {}
  /// Throws unsupported-model for a model without a label for entailment.
  void finish(const ModelFiles& files) override;
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  int entailment_ = 0;  // index of the label
};

/// One request: a sequence for each text and label, all in one.
class ZeroShotJob final : public EncoderJob {
 public:
  /// @param limit       of what is kept of the text; the hypothesis is never cut
  /// @param entailment  index of the label for it
  ZeroShotJob(const EncoderModel& model, const Tokenizer& tokenizer, TokenLimit limit,
              int entailment, ZeroShotOptions options, std::vector<TextInput> inputs);
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  struct Result {
    std::vector<float> logits;  // [labels, num_labels], as far as they came
    bool truncated = false;
  };
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  Encoding encode(size_t input, std::string_view hypothesis) const;

  const Tokenizer& tokenizer_;
  TokenLimit limit_;
  int entailment_;
  ZeroShotOptions options_;
  std::vector<std::string> hypotheses_;
  std::vector<TextInput> inputs_;
  std::vector<Result> results_;
};

}  // namespace dragoman
