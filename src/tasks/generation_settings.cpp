// Generation settings out of a model's files, and their description.
#include "tasks/generation_settings.hpp"

#include <optional>

namespace dragoman {

namespace {

constexpr int kDefaultMaxLength = 20;  // of GenerationConfig: not a limit anyone chose

// What a model of several tasks says about one of them: T5's "translation_en_to_fr" and its like.
std::optional<Json> own_settings(Json config, const std::string& task) {
  if (!config.has("task_specific_params")) return std::nullopt;
  const Json all = config.at("task_specific_params");
  if (!all.has(task)) return std::nullopt;
  return all.at(task);
}

// A limit named here replaces the one of the other name, as everywhere.
GenerationConfig overlay_own(Json own, GenerationConfig generation) {
  if (own.has("max_length") && !own.has("max_new_tokens")) generation.max_new_tokens.reset();
  return read_generation_config(own, generation, "config.json");
}

GenerationConfig overlay_file(const ModelFiles& files, GenerationConfig generation) {
  auto file = files.find("generation_config.json");
  if (file == files.end()) file = files.find("config.json");
  const JsonDocument document(file->second, file->first, ErrorCode::kModelFormat);
  const Json json = document.root();
  generation = read_generation_config(json, generation, file->first);
  // The pipeline's own limit gives way to one that the model states, as in Python.
  const int64_t max_length = json.get_int("max_length", kDefaultMaxLength);
  if (max_length != kDefaultMaxLength && !json.has("max_new_tokens")) {
    generation.max_new_tokens.reset();
  }
  return generation;
}

void write_lengths(JsonWriter& writer, const GenerationConfig& generation) {
  if (generation.max_new_tokens) {
    writer.key("max_new_tokens");
    writer.integer(*generation.max_new_tokens);
  } else {
    writer.key("max_length");
    writer.integer(generation.max_length);
  }
  writer.key("min_length");
  writer.integer(generation.min_length);
}

void write_early_stopping(JsonWriter& writer, EarlyStopping value) {
  writer.key("early_stopping");
  if (value == EarlyStopping::kNever) {
    writer.string("never");
  } else {
    writer.boolean(value == EarlyStopping::kTrue);
  }
}

}  // namespace

PublishedGeneration read_published_generation(const ModelFiles& files,
                                              const TransformerConfig& config,
                                              const std::string& task, GenerationConfig defaults) {
  const JsonDocument document(files.find("config.json")->second, "config.json",
                              ErrorCode::kModelFormat);
  const std::optional<Json> own = own_settings(document.root(), task);
  PublishedGeneration result;
  result.prefix = own ? own->get_string("prefix", "") : "";
  if (result.prefix.empty()) result.prefix = document.root().get_string("prefix", "");
  GenerationConfig& generation = result.generation;
  generation = overlay_file(files, std::move(defaults));
  if (own) generation = overlay_own(*own, generation);
  if (generation.eos_token_id.empty() && config.eos_token_id >= 0) {
    generation.eos_token_id = {config.eos_token_id};
  }
  if (!generation.pad_token_id && config.pad_token_id >= 0) {
    generation.pad_token_id = config.pad_token_id;
  }
  if (!generation.decoder_start_token_id && config.decoder_start_token_id >= 0) {
    generation.decoder_start_token_id = config.decoder_start_token_id;
  }
  return result;
}

void write_generation_info(JsonWriter& writer, const GenerationConfig& generation) {
  writer.key("generation");
  writer.begin_object();
  writer.key("num_beams");
  writer.integer(generation.num_beams);
  write_lengths(writer, generation);
  write_early_stopping(writer, generation.early_stopping);
  writer.key("length_penalty");
  writer.number(static_cast<double>(generation.length_penalty));
  writer.end_object();
}

}  // namespace dragoman
