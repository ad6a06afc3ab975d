// Token classification: texts of any length in, labelled tokens or entities out, through an
// encoder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/encoder_task.hpp"
#include "tasks/entities.hpp"
#include "tasks/token_windows.hpp"

namespace dragoman {

/// What of a tokenizer decides where words go on.
struct WordRules {
  bool marked = false;      // subwords are spelt with a prefix
  int32_t unknown_id = -1;  // an unknown token is always a word
};

class TokenClassificationTask final : public EncoderTask {
 public:
  TokenClassificationTask(const TransformerConfig& config, WeightType type)
      : EncoderTask(config, Head::kToken, type) {}
  void finish(const ModelFiles& files) override;
  /// Writes "labels" too.
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  WordRules rules_;
};

/// A text, or the words of one.
struct TokenInput {
  std::string text;
  std::vector<std::string> words;
};

/// One request.
class TokenClassificationJob final : public EncoderJob {
 public:
  /// @param limit  most tokens of a window, special ones included
  TokenClassificationJob(const EncoderModel& model, const Tokenizer& tokenizer, WordRules rules,
                         int limit, TokenClassificationOptions options,
                         std::vector<TokenInput> inputs);
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  struct Text {
    std::u16string units;
    Encoding encoding;
    TokenRange own;
    std::vector<TokenRange> windows;
    size_t passed = 0;  // windows
    std::vector<Entity> entities;
  };
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  size_t stride_for(size_t capacity) const;
  ScoredToken scored(const Text& text, size_t token, std::span<const float> scores) const;
  TokenRange decided_by(const Text& text, size_t window) const;

  const Tokenizer& tokenizer_;
  WordRules rules_;
  size_t limit_;
  TokenClassificationOptions options_;
  std::vector<TokenInput> inputs_;  // each emptied once tokenised
  std::vector<Text> texts_;         // each but its entities emptied once its windows passed
};

}  // namespace dragoman
