// Feature extraction: texts in, the vectors of their tokens or one vector each out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/encoder_options.hpp"
#include "tasks/encoder_task.hpp"
#include "tasks/inspection.hpp"
#include "tasks/request.hpp"
#include "tasks/sentence_modules.hpp"

namespace dragoman {

class FeatureExtractionTask final : public EncoderTask {
 public:
  FeatureExtractionTask(const TransformerConfig& config, WeightType type)
      : EncoderTask(config, Head::kNone, type) {}
  std::vector<std::string> optional_files(const ModelFiles& files) const override;
  size_t packed_bytes() const override;
  void finish(const ModelFiles& files) override;
  /// Writes "prompts" and "similarity" too.
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  SentenceModules modules_;
};

/// What a request settled on.
struct FeaturePlan {
  Pooling pooling = Pooling::kNone;
  bool normalize = false;
  Precision precision = Precision::kFloat;
  std::string prompt;
  TokenLimit limit;
};

/// One request.
class FeatureJob final : public EncoderJob {
 public:
  FeatureJob(const EncoderModel& model, const Tokenizer& tokenizer, const SentenceModules& modules,
             FeaturePlan plan, InspectionOptions inspection, std::vector<TextInput> inputs);
  /// An object. Pooled, "features" is one tensor [texts, width]; otherwise an array of tensors
  /// [1, tokens, hidden_size]. "truncated" has the indices of texts that were cut. Where more was
  /// asked for, "inspections" has an object for each text.
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  std::vector<float> pooled(const PassedSequence& passed, View<const float> hidden) const;
  void keep(size_t input, std::vector<float> values);
  void write_features(JsonWriter& writer, Attachments& attachments) const;
  void write_vectors(JsonWriter& writer, Attachments& attachments) const;

  const Tokenizer& tokenizer_;
  const SentenceModules& modules_;
  FeaturePlan plan_;
  int prompt_tokens_ = 0;          // that do not count, where the model says so
  std::vector<TextInput> inputs_;  // each emptied once tokenised
  std::vector<uint8_t> truncated_;
  size_t width_ = 0;                          // of a pooled vector; 0 before the first
  std::vector<float> vectors_;                // [texts, width_]
  std::vector<uint8_t> bits_;                 // or [texts, width_ / 8]
  std::vector<std::vector<float>> unpooled_;  // of each text, [tokens, hidden_size]
  Inspection inspection_;
};

}  // namespace dragoman
