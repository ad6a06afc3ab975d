// A request through an encoder step by step: prepare, run batches layer by layer, collect.
#include "tasks/encoder_job.hpp"

#include <string>
#include <utility>

namespace dragoman {

namespace {

constexpr size_t kBytesPerStep = 16384;  // of text tokenised in one step: a few milliseconds

// Tokens of a batch. A layer's weights are read once for all of them, which is saved for good at
// a few hundred; more would only lengthen a step.
constexpr size_t kBatchTokens = 256;

// Rows of logits over a vocabulary that are held at once: 64 of 250,000 words are 64 MB.
constexpr size_t kBatchRows = 64;

}  // namespace

Encoding encode_input(const Tokenizer& tokenizer, std::string_view text,
                      std::optional<std::string_view> pair, const TokenLimit& limit, size_t index) {
  const std::string name = "inputs[" + std::to_string(index) + "]";
  EncodeOptions options;
  options.truncation = limit.truncation;
  options.max_length = limit.max_length;
  Encoding encoding;
  try {
    encoding = tokenizer.encode(text, pair, options);
  } catch (const Error& error) {
    throw Error(error.code(), name + ": " + error.what());
  }
  // Without truncation the tokenizer ignores the limit, so that the message can say the length.
  if (encoding.ids.size() > static_cast<size_t>(limit.max_length)) {
    throw Error(ErrorCode::kInputTooLong, name + " has " + std::to_string(encoding.ids.size()) +
                                              " tokens; at most " +
                                              std::to_string(limit.max_length) +
                                              " are taken. With truncation: true the text is cut.");
  }
  if (encoding.ids.empty()) {
    throw Error(ErrorCode::kInvalidArgument, name + " has no tokens.");
  }
  return encoding;
}

bool EncoderJob::step(const Context& context) {
  if (prepared_ < inputs_) {
    prepare_some();
    return true;
  }
  if (passed_ == sequences_.size()) return false;
  if (pass_ == nullptr) begin_batch();
  if (!pass_->step(context)) finish_batch(context);
  return passed_ < sequences_.size();
}

size_t EncoderJob::finished_texts() const {
  if (prepared_ < inputs_) return 0;
  return passed_ < sequences_.size() ? sequences_[passed_].input : inputs_;
}

void EncoderJob::write_progress(JsonWriter& writer) {
  writer.begin_object();
  writer.key("finished");
  writer.integer(static_cast<long long>(finished_texts()));
  writer.key("total");
  writer.integer(static_cast<long long>(inputs_));
  writer.end_object();
}

// Bounded by bytes, not by texts: a thousand short ones are one step, one long one is too.
void EncoderJob::prepare_some() {
  size_t bytes = 0;
  while (prepared_ < inputs_ && bytes < kBytesPerStep) {
    bytes += prepare(prepared_) + 1;
    ++prepared_;
  }
}

// Takes sequences in their order until the batch is full; one larger than a batch goes alone.
// Nothing is gained by sorting: batches are ragged, without padding.
void EncoderJob::begin_batch() {
  std::vector<EncoderInput> batch;
  size_t tokens = 0;
  size_t rows = 0;
  for (batch_end_ = passed_; batch_end_ < sequences_.size(); ++batch_end_) {
    const EncoderSequence& sequence = sequences_[batch_end_];
    tokens += sequence.ids.size();
    rows += sequence.rows.size();
    if (!batch.empty() && (tokens > kBatchTokens || rows > kBatchRows)) break;
    batch.push_back({sequence.ids, sequence.type_ids, sequence.rows});
  }
  pass_ = model_.start(batch, options_);
}

// What came through is dropped with its pass, which holds most of the job's memory.
void EncoderJob::finish_batch(const Context& context) {
  int index = 0;
  int token = 0;
  int row = 0;
  for (; passed_ < batch_end_; ++passed_, ++index) {
    EncoderSequence& sequence = sequences_[passed_];
    collect({context, *pass_, sequence, index, token, row});
    token += static_cast<int>(sequence.ids.size());
    row += static_cast<int>(sequence.rows.size());
    sequence = {sequence.input, {}, {}, {}};
  }
  pass_.reset();
}

}  // namespace dragoman
