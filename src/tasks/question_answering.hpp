// Question answering: a question and a context of any length in, parts of the context out, through
// an encoder.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tasks/answer_spans.hpp"
#include "tasks/encoder_options.hpp"
#include "tasks/encoder_task.hpp"
#include "tasks/token_windows.hpp"

namespace dragoman {

struct QuestionInput {
  std::string question;
  std::string context;
};

class QuestionAnsweringTask final : public EncoderTask {
 public:
  QuestionAnsweringTask(const TransformerConfig& config, WeightType type)
      : EncoderTask(config, Head::kSpan, type) {}
  void finish(const ModelFiles& files) override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  int32_t cls_id_ = -1;
};

/// One request.
class QuestionAnsweringJob final : public EncoderJob {
 public:
  /// @param options  max_seq_len settled
  QuestionAnsweringJob(const EncoderModel& model, const Tokenizer& tokenizer, int32_t cls_id,
                       QuestionAnsweringOptions options, std::vector<QuestionInput> inputs);
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  struct Answer {
    double score = 0.0;
    uint32_t start = 0;
    uint32_t end = 0;
    std::string text;
  };
  struct Document {
    std::u16string units;  // of the context
    Encoding encoding;     // of question and context
    TokenRange context;    // tokens of it
    std::vector<TokenRange> windows;
    size_t passed = 0;  // windows
    bool truncated = false;
    double null_score = 1e6;  // that there is no answer: the least of all windows
    std::vector<Answer> answers;
    std::map<std::string, size_t> places;  // of answers, by their text in lower case
  };
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  void cut_question(Document& document) const;
  size_t stride_for(size_t capacity, const std::string& name) const;
  std::vector<float> probabilities(const PassedSequence& passed, const Document& document,
                                   TokenRange window, int column) const;
  void add_answer(Document& document, TokenRange window, AnswerSpan span) const;
  void finish_document(Document& document) const;

  const Tokenizer& tokenizer_;
  int32_t cls_id_;
  QuestionAnsweringOptions options_;
  std::vector<QuestionInput> inputs_;  // each emptied once tokenised
  std::vector<Document> documents_;    // each but its answers emptied once its windows passed
};

}  // namespace dragoman
