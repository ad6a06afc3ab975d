// A classification request: tokens in, labels out.
#include <utility>

#include "tasks/text_classification.hpp"

namespace dragoman {

ClassificationJob::ClassificationJob(const EncoderModel& model, const Tokenizer& tokenizer,
                                     TokenLimit limit, ClassificationOptions options,
                                     std::vector<TextInput> inputs)
    : EncoderJob(model, inputs.size(), Inspection(options.inspection, 0).pass_options()),
      tokenizer_(tokenizer),
      limit_(limit),
      options_(std::move(options)),
      inputs_(std::move(inputs)),
      results_(inputs_.size()),
      inspection_(options_.inspection, inputs_.size()) {}

size_t ClassificationJob::prepare(size_t index) {
  TextInput& input = inputs_[index];
  std::optional<std::string_view> pair;
  if (input.pair) pair = *input.pair;
  const size_t bytes = input.text.size() + (pair ? pair->size() : 0);
  Encoding encoding = encode_input(tokenizer_, input.text, pair, limit_, index);
  results_[index].truncated = encoding.truncated;
  inspection_.keep_tokens(index, encoding);
  add({index, std::move(encoding.ids), std::move(encoding.type_ids), {}});
  input = {};
  return bytes;
}

void ClassificationJob::collect(const PassedSequence& passed) {
  const std::vector<float> scores =
      label_scores(passed.pass.logits().row_span(passed.index), options_.function_to_apply);
  results_[passed.sequence.input].labels = best_labels(scores, options_.top_k);
  inspection_.collect(passed, model().config());
}

void ClassificationJob::write_labels_of(JsonWriter& writer, const Classification& result) const {
  writer.begin_array();
  for (const LabelScore& entry : result.labels) {
    writer.begin_object();
    writer.key("label");
    writer.string(model().config().labels[static_cast<size_t>(entry.label)]);
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

// An array of labels for each text; where more was asked for, an object that has them.
void ClassificationJob::write_result(JsonWriter& writer, Attachments& attachments) const {
  writer.begin_array();
  for (size_t index = 0; index < results_.size(); ++index) {
    if (!inspection_.any()) {
      write_labels_of(writer, results_[index]);
      continue;
    }
    writer.begin_object();
    writer.key("labels");
    write_labels_of(writer, results_[index]);
    inspection_.write(writer, attachments, index, tokenizer_);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace dragoman
