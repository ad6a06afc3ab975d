// The task and its requests: hypotheses, pairs, scores.
#include "tasks/zero_shot.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/rows.hpp"
#include "tasks/option_reader.hpp"

namespace dragoman {

namespace {

[[noreturn]] void refuse_template(std::string_view text, const char* why) {
  throw Error(ErrorCode::kInvalidArgument, "The option \"hypothesis_template\" is \"" +
                                               std::string(text.substr(0, 60)) + "\"; " + why);
}

bool begins_with_entail(std::string_view label) {
  constexpr std::string_view kEntail = "entail";
  if (label.size() < kEntail.size()) return false;
  for (size_t i = 0; i < kEntail.size(); ++i) {
    if ((label[i] | 0x20) != kEntail[i]) return false;  // letters of ASCII in lower case
  }
  return true;
}

// The rule of ZeroShotClassificationPipeline.entailment_id, which reads label2id. Python goes on
// with the last label when there is none, and warns of nonsense; here that is an error.
int entailment_id(Json config, const std::vector<std::string>& labels) {
  int found = -1;
  if (config.has("label2id")) {
    config.at("label2id").each_member([&](std::string_view label, Json id) {
      if (found < 0 && begins_with_entail(label)) found = static_cast<int>(id.as_int());
    });
  } else {
    const auto label = std::find_if(labels.begin(), labels.end(), begins_with_entail);
    if (label != labels.end()) found = static_cast<int>(label - labels.begin());
  }
  if (found >= 0 && found < static_cast<int>(labels.size()) && labels.size() > 1) return found;
  throw Error(ErrorCode::kUnsupportedModel,
              "Zero-shot classification needs a model of natural language inference; none of "
              "this model's labels begins with \"entail\".");
}

}  // namespace

std::string fill_template(std::string_view text, std::string_view label) {
  std::string filled;
  bool numbered = false;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      filled += c;
    } else if (i + 1 < text.size() && text[i + 1] == c) {
      filled += c;
      ++i;
    } else if (c == '{' && (text.substr(i, 2) == "{}" || text.substr(i, 3) == "{0}")) {
      const bool has_number = text[i + 1] == '0';
      if (count > 0 && !(numbered && has_number)) refuse_template(text, "one {} is expected.");
      numbered = has_number;
      filled += label;
      i += has_number ? 2 : 1;
      ++count;
    } else {
      refuse_template(text, "braces other than {} must be doubled.");
    }
  }
  if (count == 0) refuse_template(text, "it has no {} for the label.");
  return filled;
}

std::vector<float> entailment_scores(View<const float> logits, int entailment, bool multi_label) {
  std::vector<float> scores;
  if (multi_label || logits.rows == 1) {
    const int contradiction = entailment == 0 ? logits.cols - 1 : 0;
    for (int row = 0; row < logits.rows; ++row) {
      float pair[] = {logits.row(row)[contradiction], logits.row(row)[entailment]};
      softmax(pair);
      scores.push_back(pair[1]);
    }
  } else {
    for (int row = 0; row < logits.rows; ++row) scores.push_back(logits.row(row)[entailment]);
    softmax(scores);
  }
  return scores;
}

std::unique_ptr<Task> make_zero_shot(const TransformerConfig& config, WeightType type) {
  return std::make_unique<ZeroShotTask>(config, type);
}

void ZeroShotTask::finish(const ModelFiles& files) {
  EncoderTask::finish(files);
  const JsonDocument document(files.at("config.json"), "config.json", ErrorCode::kModelFormat);
  entailment_ = entailment_id(document.root(), config().labels);
}

void ZeroShotTask::write_info(JsonWriter& writer) const {
  write_labels(writer, config());
  EncoderTask::write_info(writer);
}

std::unique_ptr<Job> ZeroShotTask::start(Json request) const {
  ZeroShotOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  if (options.candidate_labels.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The option \"candidate_labels\" is empty; at least one label is needed.");
  }
  return std::make_unique<ZeroShotJob>(
      model(), tokenizer(), TokenLimit{Truncation::kOnlyFirst, published_limit()}, entailment_,
      std::move(options), read_inputs(request, false));
}

ZeroShotJob::ZeroShotJob(const EncoderModel& model, const Tokenizer& tokenizer, TokenLimit limit,
                         int entailment, ZeroShotOptions options, std::vector<TextInput> inputs)
    : EncoderJob(model, inputs.size(), {}),
      tokenizer_(tokenizer),
      limit_(limit),
      entailment_(entailment),
      options_(std::move(options)),
      inputs_(std::move(inputs)),
      results_(inputs_.size()) {
  for (const std::string& label : options_.candidate_labels) {
    hypotheses_.push_back(fill_template(options_.hypothesis_template, label));
  }
}

// As in Python, a text of which too little would be left is not cut: then the model's own length
// decides.
Encoding ZeroShotJob::encode(size_t index, std::string_view hypothesis) const {
  const std::string& text = inputs_[index].text;
  try {
    return encode_input(tokenizer_, text, hypothesis, limit_, index);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
  }
  return encode_input(tokenizer_, text, hypothesis,
                      {Truncation::kNone, model().config().max_positions}, index);
}

size_t ZeroShotJob::prepare(size_t index) {
  size_t bytes = 0;
  for (const std::string& hypothesis : hypotheses_) {
    Encoding encoding = encode(index, hypothesis);
    bytes += inputs_[index].text.size() + hypothesis.size();
    results_[index].truncated |= encoding.truncated;
    add({index, std::move(encoding.ids), std::move(encoding.type_ids), {}});
  }
  return bytes;
}

void ZeroShotJob::collect(const PassedSequence& passed) {
  const std::span<const float> logits = passed.pass.logits().row_span(passed.index);
  check_finite(logits);
  std::vector<float>& all = results_[passed.sequence.input].logits;
  all.insert(all.end(), logits.begin(), logits.end());
}

void ZeroShotJob::write_result(JsonWriter& writer, Attachments&) const {
  const int count = static_cast<int>(hypotheses_.size());
  std::vector<size_t> order(hypotheses_.size());
  writer.begin_array();
  for (size_t index = 0; index < results_.size(); ++index) {
    const Result& result = results_[index];
    const int width = static_cast<int>(result.logits.size()) / count;
    const std::vector<float> scores =
        entailment_scores({result.logits.data(), count, width}, entailment_, options_.multi_label);
    // Python sorts upwards and reads backwards: of equal scores the later label comes first.
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return scores[a] < scores[b]; });
    std::reverse(order.begin(), order.end());
    writer.begin_object();
    writer.key("sequence");
    writer.string(inputs_[index].text);
    writer.key("labels");
    writer.begin_array();
    for (const size_t label : order) writer.string(options_.candidate_labels[label]);
    writer.end_array();
    writer.key("scores");
    writer.begin_array();
    for (const size_t label : order) writer.number(static_cast<double>(scores[label]));
    writer.end_array();
    if (result.truncated) {
      writer.key("truncated");
      writer.boolean(true);
    }
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace dragoman
