// What requests through an encoder have in common: inputs become sequences, all of them first, so
// that a bad one is refused before any work; then sequences pass in batches bounded by their
// tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "models/encoder_model.hpp"
#include "tasks/job.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// How long a sequence may be, and what is cut when it is not.
struct TokenLimit {
  Truncation truncation = Truncation::kNone;
  int max_length = 0;
};

/// Tokens of input `index` within a limit. Throws input-too-long and invalid-argument naming the
/// input: a message says "inputs[3]".
Encoding encode_input(const Tokenizer& tokenizer, std::string_view text,
                      std::optional<std::string_view> pair, const TokenLimit& limit, size_t index);

/// A sequence on its way to the encoder.
struct EncoderSequence {
  size_t input = 0;  // it was made of
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<int32_t> rows;  // of Head::kMaskedLm: those wanted
};

/// A sequence that came through, with its place in the pass.
struct PassedSequence {
  const Context& context;
  const EncoderPass& pass;
  const EncoderSequence& sequence;
  int index = 0;        // of the sequence
  int first_token = 0;  // of hidden(), and of logits() where they are of tokens
  int first_row = 0;    // of logits() where they are of wanted rows
};

class EncoderJob : public Job {
 public:
  bool step(const Context& context) final;
  size_t texts() const final { return inputs_; }
  size_t finished_texts() const final;
  void write_progress(JsonWriter& writer) final;
  size_t cache_bytes() const override { return 0; }

 protected:
  EncoderJob(const EncoderModel& model, size_t inputs, PassOptions options)
      : model_(model), inputs_(inputs), options_(options) {}
  const EncoderModel& model() const { return model_; }
  /// Gives the sequences of an input to add(). @returns bytes of text looked at, which bound what
  /// is done in one step
  virtual size_t prepare(size_t input) = 0;
  void add(EncoderSequence sequence) { sequences_.push_back(std::move(sequence)); }
  /// Takes what a sequence gave. Sequences come in the order of add().
  virtual void collect(const PassedSequence& passed) = 0;

 private:
  void prepare_some();
  void begin_batch();
  void finish_batch(const Context& context);

  const EncoderModel& model_;
  size_t inputs_;
  PassOptions options_;
  std::vector<EncoderSequence> sequences_;  // each emptied once it came through
  size_t prepared_ = 0;                     // inputs
  size_t passed_ = 0;                       // sequences; the running batch is [passed_, batch_end_)
  size_t batch_end_ = 0;
  std::unique_ptr<EncoderPass> pass_;  // of the running batch
};

}  // namespace dragoman
