// The text classification task: from logits to labels, and the task's description.
#include "tasks/text_classification.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/rows.hpp"
#include "tasks/option_reader.hpp"

namespace dragoman {

std::vector<float> label_scores(std::span<const float> logits, ScoreFunction function) {
  std::vector<float> scores(logits.begin(), logits.end());
  check_finite(scores);
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

std::unique_ptr<Task> make_text_ranking(const TransformerConfig& config, WeightType type) {
  return std::make_unique<TextRankingTask>(config, type);
}

void TextClassificationTask::write_info(JsonWriter& writer) const {
  write_labels(writer, config());
  EncoderTask::write_info(writer);
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
  return std::make_unique<ClassificationJob>(model(), tokenizer(),
                                             limit(options.truncation, options.max_length), options,
                                             read_inputs(request, true));
}

TextRankingTask::TextRankingTask(const TransformerConfig& config, WeightType type)
    : TextClassificationTask(config, type) {
  if (config.labels.size() == 1) return;
  throw Error(ErrorCode::kUnsupportedModel,
              "Texts are ranked by models with one label; this one has " +
                  std::to_string(config.labels.size()) + ".");
}

// The rule of CrossEncoder.get_default_activation_fn; the member's name changed once.
void TextRankingTask::finish(const ModelFiles& files) {
  TextClassificationTask::finish(files);
  const JsonDocument document(files.at("config.json"), "config.json", ErrorCode::kModelFormat);
  const Json root = document.root();
  std::string named = root.get_string("sbert_ce_default_activation_function", "");
  if (root.has("sentence_transformers")) {
    named = root.at("sentence_transformers").get_string("activation_fn", named);
  }
  if (named.empty() || named.ends_with(".Sigmoid")) return;
  if (!named.ends_with(".Identity")) {
    throw Error(ErrorCode::kUnsupportedModel, "The model's scores are made by \"" +
                                                  named.substr(0, 60) +
                                                  "\"; known are Sigmoid and Identity.");
  }
  function_ = ScoreFunction::kNone;
}

}  // namespace dragoman
