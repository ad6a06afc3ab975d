// The table of tasks, and what tasks read alike.
#include "tasks/task.hpp"

#include <array>

#include "tasks/tokenizer_task.hpp"

namespace dragoman {

namespace {

// A line of the table; the page of the task knows the rest.
struct TaskEntry {
  std::string_view name;
  std::unique_ptr<Task> (*make)(const TransformerConfig& config, WeightType type);
};

constexpr std::array<TaskEntry, 13> kTasks = {{
    {"translation", make_translation},
    {"summarization", make_summarization},
    {"text2text-generation", make_text2text},
    {"text-generation", make_text_generation},
    {"text-classification", make_text_classification},
    {"token-classification", make_token_classification},
    {"question-answering", make_question_answering},
    {"semantic-role-labelling", make_semantic_roles},
    {"zero-shot-classification", make_zero_shot},
    {"fill-mask", make_fill_mask},
    {"feature-extraction", make_feature_extraction},
    {"sentence-similarity", make_feature_extraction},
    {"text-ranking", make_text_ranking},
}};

// translation_xx_to_yy, as in Python's pipeline().
bool is_translation_with_languages(std::string_view name) {
  constexpr std::string_view kPrefix = "translation_";
  if (name.substr(0, kPrefix.size()) != kPrefix) return false;
  const size_t middle = name.find("_to_", kPrefix.size());
  return middle != std::string_view::npos && middle > kPrefix.size() && middle + 4 < name.size();
}

}  // namespace

std::string_view canonical_task(std::string_view name) {
  if (name == "sentiment-analysis") return "text-classification";
  if (name == "ner") return "token-classification";
  if (name == "embeddings") return "feature-extraction";
  if (name == kTokenizerTask) return kTokenizerTask;
  if (is_translation_with_languages(name)) return "translation";
  std::string known;
  for (const TaskEntry& task : kTasks) {
    if (task.name == name) return task.name;
    known += std::string(task.name) + ", ";
  }
  throw Error(ErrorCode::kUnsupportedOption,
              "The task \"" + std::string(name.substr(0, 60)) + "\" is unknown; known are " +
                  known + "translation_xx_to_yy, sentiment-analysis, ner, embeddings.");
}

std::unique_ptr<Task> make_task(std::string_view name, const TransformerConfig& config,
                                WeightType type) {
  const std::string_view canonical = canonical_task(name);
  for (const TaskEntry& task : kTasks) {
    if (task.name == canonical) return task.make(config, type);
  }
  throw Error(ErrorCode::kInternal, "A task has a name but no entry in the table.");
}

std::unique_ptr<Task> make_bare_task(std::string_view name) {
  if (name != kTokenizerTask) return nullptr;
  return std::make_unique<TokenizerTask>();
}

// Which files a folder has differs between publishers, so the loader tries them all and the
// tokenizer says what it lacks.
std::vector<std::string> Task::optional_files(const ModelFiles&) const {
  std::vector<std::string> names = tokenizer_file_names(config().model_type);
  for (const std::string_view extra : {"generation_config.json", "tokenizer_config.json"}) {
    bool listed = false;
    for (const std::string& name : names) listed |= name == extra;
    if (!listed) names.emplace_back(extra);
  }
  return names;
}

int published_max_length(const ModelFiles& files, int max_positions) {
  const auto file = files.find("tokenizer_config.json");
  if (file == files.end()) return max_positions;
  const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
  // "No limit" is published as the integer 10^30.
  const double limit = document.root().get_double("model_max_length", max_positions);
  return limit >= 1 && limit < max_positions ? static_cast<int>(limit) : max_positions;
}

}  // namespace dragoman
