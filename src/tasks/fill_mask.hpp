// Filling masks: texts with masked words in, words for each mask out, through an encoder with the
// output layer it was pre-trained with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/encoder_options.hpp"
#include "tasks/encoder_task.hpp"
#include "tasks/request.hpp"

namespace dragoman {

/// Tokens of the vocabulary that have a meaning here; -1 where there is none.
struct MaskTokens {
  int32_t mask = -1;
  int32_t pad = -1;
};

class FillMaskTask final : public EncoderTask {
 public:
  FillMaskTask(const TransformerConfig& config, WeightType type)
      : EncoderTask(config, Head::kMaskedLm, type) {}
  /// Throws unsupported-model for a tokenizer without a mask.
  void finish(const ModelFiles& files) override;
  /// Writes "mask_token" too.
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  /// Ids of the words to choose from, each once; all are chosen from where there are none.
  std::vector<int32_t> target_ids(const std::vector<std::string>& targets) const;

  MaskTokens tokens_;
};

/// One request.
class FillMaskJob final : public EncoderJob {
 public:
  FillMaskJob(const EncoderModel& model, const Tokenizer& tokenizer, TokenLimit limit,
              MaskTokens tokens, int top_k, std::vector<int32_t> targets,
              std::vector<TextInput> inputs);
  /// For one mask its words; for several, an array of them for each.
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  struct Word {
    int32_t token;
    float score;
  };
  struct Text {
    std::vector<int32_t> ids;
    std::vector<int32_t> masks;  // their places
    std::vector<std::vector<Word>> words;
    bool truncated = false;
  };
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  std::vector<Word> best_words(std::span<const float> logits) const;
  void write_word(JsonWriter& writer, const Text& text, size_t mask, const Word& word) const;

  const Tokenizer& tokenizer_;
  TokenLimit limit_;
  MaskTokens tokens_;
  int top_k_;
  std::vector<int32_t> targets_;
  std::vector<TextInput> inputs_;  // each emptied once tokenised
  std::vector<Text> texts_;
};

}  // namespace dragoman
