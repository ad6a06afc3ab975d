// The text classification task: from logits to labels, and the task's description.
#include "tasks/text_classification.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tasks/option_reader.hpp"

namespace dragoman {

namespace {

// As the pipeline does it in numpy: shifted by the greatest logit, in single precision.
void softmax(std::vector<float>& values) {
  const float greatest = *std::max_element(values.begin(), values.end());
  float sum = 0.0F;
  for (float& value : values) {
    value = std::exp(value - greatest);
    sum += value;
  }
  for (float& value : values) value /= sum;
}

}  // namespace

std::vector<float> label_scores(std::span<const float> logits, ScoreFunction function) {
  std::vector<float> scores(logits.begin(), logits.end());
  // Weights are checked as they are read, but their products may still overflow; a label chosen
  // among NaNs would look like an answer.
  for (const float logit : scores) {
    if (std::isfinite(logit)) continue;
    throw Error(ErrorCode::kModelFormat,
                "The model's output is not a number; its weights are out of range.");
  }
  if (function == ScoreFunction::kSoftmax) softmax(scores);
  if (function == ScoreFunction::kSigmoid) {
    for (float& score : scores) score = 1.0F / (1.0F + std::exp(-score));
  }
  return scores;
}

std::vector<LabelScore> best_labels(std::span<const float> scores, std::optional<int> top_k) {
  std::vector<LabelScore> labels;
  for (size_t i = 0; i < scores.size(); ++i) labels.push_back({static_cast<int>(i), scores[i]});
  // Stable, as Python's sort is.
  std::stable_sort(labels.begin(), labels.end(),
                   [](const LabelScore& a, const LabelScore& b) { return a.score > b.score; });
  if (top_k) labels.resize(std::min(labels.size(), static_cast<size_t>(*top_k)));
  return labels;
}

std::unique_ptr<Task> make_text_classification(const TransformerConfig& config, WeightType type) {
  return std::make_unique<TextClassificationTask>(config, type);
}

TextClassificationTask::TextClassificationTask(const TransformerConfig& config, WeightType type)
    : model_(make_encoder_model(config, Head::kSequence, type)) {}

void TextClassificationTask::finish(const ModelFiles& files) {
  model_->finish();
  tokenizer_ = load_tokenizer(files, config().model_type);
  published_limit_ = published_max_length(files, config().max_positions);
}

void TextClassificationTask::write_info(JsonWriter& writer) const {
  writer.key("labels");
  writer.begin_array();
  for (const std::string& label : config().labels) writer.string(label);
  writer.end_array();
  writer.key("max_length");
  writer.integer(config().max_positions);
}

// The rule of TextClassificationPipeline.postprocess.
ScoreFunction TextClassificationTask::function_of_model() const {
  if (config().regression) return ScoreFunction::kNone;
  const bool single = config().labels.size() == 1;
  return config().multi_label || single ? ScoreFunction::kSigmoid : ScoreFunction::kSoftmax;
}

std::unique_ptr<Job> TextClassificationTask::start(Json request) const {
  ClassificationOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  if (options.function_to_apply == ScoreFunction::kByModel) {
    options.function_to_apply = function_of_model();
  }
  // Truncation cuts where tokenizer_config.json says, as in Python; without it a text may have as
  // many tokens as the model has positions.
  const int limit =
      options.truncation == Truncation::kNone ? config().max_positions : published_limit_;
  options.max_length = std::min(options.max_length.value_or(limit), config().max_positions);
  return std::make_unique<ClassificationJob>(*model_, *tokenizer_, options,
                                             read_inputs(request, true));
}

}  // namespace dragoman
