// Texts in, texts out: translation, summarization, and whatever else an encoder-decoder was trained
// for; and what a decoder alone adds to a prompt.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode/generator.hpp"
#include "models/seq2seq.hpp"
#include "tasks/output_text.hpp"
#include "tasks/request.hpp"
#include "tasks/task.hpp"
#include "tasks/text2text_options.hpp"
#include "tasks/tokenizer_info.hpp"
#include "tasks/translation_languages.hpp"
#include "tasks/windows.hpp"

namespace dragoman {

/// What distinguishes the tasks.
struct Text2TextKind {
  std::string_view task;
  std::string_view text_key;  // of the result, as Python's pipeline calls it
  bool windows;               // texts longer than the model takes are worked on in pieces
  bool continues;             // texts are prompts, and outputs what a decoder alone adds to them
};

/// A generated token, with the logarithm of its probability.
struct GeneratedToken {
  int32_t id = 0;
  std::string text;  // what it adds to the output
  float score = 0.0F;
};

/// One text that came out.
struct Output {
  std::string text;
  float score = 0.0F;      // as generate() gives it; of several windows, the mean by tokens
  int token_count = 0;     // generated tokens, the end token included
  bool truncated = false;  // the input was cut, or the output reached its greatest length or time
  std::vector<GeneratedToken> tokens = {};  // where output_scores asks for them
};

/// How texts become sources of a model.
struct SourceRules {
  std::string prefix;                              // begins every source: "summarize: "
  int limit = 0;                                   // most tokens of a source
  std::optional<int32_t> language = std::nullopt;  // EncodeOptions::language of sources
};

/// What one request leaves for the next: a session with the cache of the last prompt.
struct KeptSession {
  std::unique_ptr<Seq2SeqSession> session;
};

class Text2TextTask final : public Task {
 public:
  Text2TextTask(const Text2TextKind& kind, const TransformerConfig& config, WeightType type);
  const TransformerConfig& config() const override { return model_->config(); }
  SlotTable& slots() override { return model_->slots(); }
  size_t packed_bytes() const override { return model_->packed_bytes(); }
  size_t cache_bytes() const override {
    return kept_.session == nullptr ? 0 : kept_.session->cache_bytes();
  }
  void name_task(std::string_view published) override { published_ = published; }
  bool takes_chats() const override { return kind_.continues; }
  void finish(const ModelFiles& files) override;
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  /// Makes the limits definite: max_length alone counts, and is at most what the model can do.
  void settle_lengths(GenerationConfig& generation) const;
  void read_given(const std::optional<Json>& given, TextGenerationOptions& options) const;
  void read_translation(const std::optional<Json>& given, Text2TextOptions& options,
                        SourceRules& rules) const;

  const Text2TextKind& kind_;
  std::unique_ptr<Seq2SeqModel> model_;
  mutable KeptSession kept_;  // of the model, so it goes first
  std::unique_ptr<Tokenizer> tokenizer_;
  GenerationConfig generation_;  // the model's
  SourceRules rules_;
  std::string published_;  // name of the task
  TokenizerInfo info_;     // of prompts
  TranslationLanguages languages_;
};

/// One request. Texts are tokenised first, all of them, so that a bad one is refused before any
/// work; then all windows of all texts are generated together.
class Text2TextJob final : public Job {
 public:
  /// @param options  with definite lengths
  /// @param kept     where a single prompt finds a session and leaves it; outlives the job
  Text2TextJob(const Text2TextKind& kind, const Seq2SeqModel& model, const Tokenizer& tokenizer,
               const SourceRules& rules, TextGenerationOptions options,
               std::vector<TextInput> inputs, KeptSession& kept);
  ~Text2TextJob() override;
  bool step(const Context& context) override;
  void tell_time(double seconds) override { generator_.tell_time(seconds); }
  size_t texts() const override { return texts_.size(); }
  size_t finished_texts() const override { return finished_; }
  /// "partial" is an array of {"index", "text", "settled"} of the texts that changed: the best
  /// output so far, and the beginning that is sure to stay. A finished text has its
  /// "outputs" instead, as in the result.
  void write_progress(JsonWriter& writer) override;
  void write_result(JsonWriter& writer, Attachments& attachments) const override;
  size_t cache_bytes() const override { return generator_.cache_bytes(); }

  /// num_return_sequences outputs of each text, best first.
  const std::vector<Output>& result(size_t index) const { return texts_[index].results; }

 private:
  /// An output on its way.
  struct Partial {
    std::string text;
    std::string settled;  // the beginning of every output that may still come out
    bool operator==(const Partial&) const = default;
  };
  struct Text {
    std::string text;          // emptied once tokenised
    std::vector<int> sources;  // of the generator, one for each window
    bool truncated = false;
    // Of a prompt: its tokens, of which the outputs' ids begin, and its own text.
    size_t given_tokens = 1;  // the start token
    OutputRules decoding;
    std::vector<Output> results;
    // What the last report said of it, where the request asked for reports.
    Partial reported;
    bool reported_result = false;
  };

  bool work(const Context& context);
  void tokenize_some();
  void tokenize(size_t index);
  Windows windows_of(const std::string& text, const std::string& name) const;
  Windows whole_prompt(const std::string& text, const std::string& name) const;
  Windows whole_source(const std::string& text, const std::string& name) const;
  void collect();
  bool all_finished(const Text& text) const;
  bool merge(Text& text);
  Output joined(const Text& text, size_t rank) const;
  Partial partial(const Text& text) const;
  void write_partial(JsonWriter& writer, size_t index);
  bool was_cut(const Text& text, const GeneratedSequence& sequence) const;

  const Text2TextKind& kind_;
  const Tokenizer& tokenizer_;
  SourceRules rules_;
  TextGenerationOptions more_;  // what prompts have besides
  Text2TextOptions& options_ = more_.base;
  const Seq2SeqModel& model_;
  KeptSession* kept_;  // null where nothing is kept
  bool sound_ = true;  // no step has thrown
  Seq2SeqGenerator generator_;
  std::vector<Text> texts_;
  size_t tokenized_ = 0;
  size_t finished_ = 0;
  std::vector<size_t> running_;  // texts that are tokenised and not finished, in order
};

}  // namespace dragoman
