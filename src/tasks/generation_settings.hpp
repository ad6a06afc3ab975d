// What a model's files say about generating, for tasks that generate.
#pragma once

#include <string>

#include "decode/generation_config.hpp"
#include "models/config.hpp"
#include "tasks/task.hpp"

namespace dragoman {

/// A task's part of config.json, and the settings that hold for it.
struct PublishedGeneration {
  std::string prefix;  // begins every text: "summarize: "
  GenerationConfig generation;
};

/// Reads generation_config.json, or in its absence the fields that older models keep in
/// config.json, and what task_specific_params say of the task. Throws as read_generation_config.
/// @param files     with config.json
/// @param task      as the caller named it: "translation_en_to_fr"
/// @param defaults  of the task's pipeline
PublishedGeneration read_published_generation(const ModelFiles& files,
                                              const TransformerConfig& config,
                                              const std::string& task, GenerationConfig defaults);

/// Writes the member "generation": what callers may want to know of the settings.
void write_generation_info(JsonWriter& writer, const GenerationConfig& generation);

}  // namespace dragoman
