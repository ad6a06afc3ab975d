// What a task is to the model that holds it. A task is a page: a class made from a configuration,
// and a line in the table of task.cpp.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "models/config.hpp"
#include "nn/slots.hpp"
#include "tasks/job.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// Files of a model's folder by name, but for the weights.
using ModelFiles = TokenizerFiles;

/// A network with its tokenizer, made for one kind of request.
class Task {
 public:
  virtual ~Task() = default;
  virtual const TransformerConfig& config() const = 0;
  virtual SlotTable& slots() = 0;
  virtual size_t packed_bytes() const = 0;
  /// Bytes of caches that outlive their requests.
  virtual size_t cache_bytes() const { return 0; }
  /// False for what takes neither a config.json nor weights.
  virtual bool has_network() const { return true; }
  /// The name the caller used: translation_en_to_fr rather than translation.
  virtual void name_task(std::string_view) {}
  /// Whether inputs may be chats, which a template of the folder writes down.
  virtual bool takes_chats() const { return false; }
  /// Names of files, besides the weights, that a folder may hold. Files given so far may name
  /// more. @param files  given so far
  virtual std::vector<std::string> optional_files(const ModelFiles& files) const;
  /// Reads the files; call once after the weights. Throws model-incomplete, model-format,
  /// tokenizer-format.
  virtual void finish(const ModelFiles& files) = 0;
  /// Writes members of the description of a finished model: limits and defaults.
  virtual void write_info(JsonWriter& writer) const = 0;
  /// Throws invalid-argument or unsupported-option. The task must outlive the job.
  virtual std::unique_ptr<Job> start(Json request) const = 0;
};

/// The published name of the task that `name` means: itself, an alias ("sentiment-analysis") or a
/// form with languages ("translation_en_to_fr"). Throws unsupported-option listing the known ones.
std::string_view canonical_task(std::string_view name);

/// Builds a task without weights. Throws unsupported-model when the model cannot do it.
/// @param name  canonical
std::unique_ptr<Task> make_task(std::string_view name, const TransformerConfig& config,
                                WeightType type);

/// Builds a task that has no network; null for the others.
std::unique_ptr<Task> make_bare_task(std::string_view name);

std::unique_ptr<Task> make_translation(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_summarization(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_text2text(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_text_generation(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_text_classification(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_text_ranking(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_zero_shot(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_fill_mask(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_token_classification(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_question_answering(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_semantic_roles(const TransformerConfig& config, WeightType type);
std::unique_ptr<Task> make_feature_extraction(const TransformerConfig& config, WeightType type);

/// Most tokens of one text: the model's positions, or less where tokenizer_config.json says so
/// (its model_max_length). @param files  as for Task::finish
int published_max_length(const ModelFiles& files, int max_positions);

}  // namespace dragoman
