// A classification request step by step: tokenise, run batches layer by layer, score.
#include <algorithm>
#include <utility>

#include "tasks/text_classification.hpp"

namespace dragoman {

namespace {

constexpr size_t kBytesPerStep = 16384;  // of text tokenised in one step: a few milliseconds

// Tokens of a batch. A layer's weights are read once for all of them, which is saved for good at
// a few hundred; more would only lengthen a step.
constexpr size_t kBatchTokens = 256;

}  // namespace

ClassificationJob::ClassificationJob(const EncoderModel& model, const Tokenizer& tokenizer,
                                     ClassificationOptions options, std::vector<TextInput> inputs)
    : model_(model),
      tokenizer_(tokenizer),
      options_(std::move(options)),
      inputs_(std::move(inputs)),
      tokens_(inputs_.size()),
      results_(inputs_.size()) {}

bool ClassificationJob::step(const Context& context) {
  // All texts are tokenised before the first is run: one that is too long is refused at once, not
  // after minutes of work on those before it.
  if (tokenized_ < inputs_.size()) {
    tokenize_some();
    return true;
  }
  if (finished_ == results_.size()) return false;
  if (pass_ == nullptr) begin_batch();
  if (!pass_->step(context)) collect();
  return finished_ < results_.size();
}

// Bounded by bytes, not by texts: a thousand short ones are one step, one long one is too.
void ClassificationJob::tokenize_some() {
  size_t bytes = 0;
  while (tokenized_ < inputs_.size() && bytes < kBytesPerStep) {
    const TextInput& input = inputs_[tokenized_];
    bytes += input.text.size() + (input.pair ? input.pair->size() : 0) + 1;
    tokenize(tokenized_);
    ++tokenized_;
  }
}

void ClassificationJob::tokenize(size_t index) {
  TextInput& input = inputs_[index];
  std::optional<std::string_view> pair;
  if (input.pair) pair = *input.pair;
  EncodeOptions encode;
  encode.truncation = options_.truncation;
  encode.max_length = *options_.max_length;
  Encoding encoding = tokenizer_.encode(input.text, pair, encode);
  // Without truncation the tokenizer ignores the limit, so that the message can say the length.
  if (encoding.ids.size() > static_cast<size_t>(encode.max_length)) {
    throw Error(ErrorCode::kInputTooLong,
                "inputs[" + std::to_string(index) + "] has " + std::to_string(encoding.ids.size()) +
                    " tokens; at most " + std::to_string(encode.max_length) +
                    " are taken. With truncation: true the text is cut.");
  }
  results_[index].truncated = encoding.truncated;
  tokens_[index] = {std::move(encoding.ids), std::move(encoding.type_ids)};
  input = {};
}

// Takes texts in their order until the batch is full; a text larger than a batch goes alone.
// Nothing is gained by sorting: batches are ragged, without padding.
void ClassificationJob::begin_batch() {
  std::vector<EncoderInput> batch;
  size_t count = 0;
  for (batch_end_ = finished_; batch_end_ < tokens_.size(); ++batch_end_) {
    const Tokens& tokens = tokens_[batch_end_];
    count += tokens.ids.size();
    if (!batch.empty() && count > kBatchTokens) break;
    batch.push_back({tokens.ids, tokens.type_ids});
  }
  pass_ = model_.start(batch);
}

// Scores the finished batch and drops its tokens and pass, which hold most of the job's memory.
void ClassificationJob::collect() {
  const View<const float> logits = pass_->logits();
  for (int row = 0; row < logits.rows; ++row, ++finished_) {
    const std::vector<float> scores =
        label_scores(logits.row_span(row), options_.function_to_apply);
    results_[finished_].labels = best_labels(scores, options_.top_k);
    tokens_[finished_] = {};
  }
  pass_.reset();
}

void ClassificationJob::write_progress(JsonWriter& writer) {
  writer.begin_object();
  writer.key("finished");
  writer.integer(static_cast<long long>(finished_));
  writer.key("total");
  writer.integer(static_cast<long long>(results_.size()));
  writer.end_object();
}

void ClassificationJob::write_result(JsonWriter& writer) const {
  writer.begin_array();
  for (const Classification& result : results_) {
    writer.begin_array();
    for (const LabelScore& entry : result.labels) {
      writer.begin_object();
      writer.key("label");
      writer.string(model_.config().labels[static_cast<size_t>(entry.label)]);
      writer.key("score");
      writer.number(static_cast<double>(entry.score));
      if (result.truncated) {
        writer.key("truncated");
        writer.boolean(true);
      }
      writer.end_object();
    }
    writer.end_array();
  }
  writer.end_array();
}

}  // namespace dragoman
