// How text is generated: the fields of generation_config.json that the engine honours, with the
// names and defaults of Python `transformers` 4.57 (GenerationConfig).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

enum class EarlyStopping { kFalse, kTrue, kNever };

struct GenerationConfig {
  int max_length = 20;
  std::optional<int> max_new_tokens;  // wins over max_length
  int min_length = 0;
  std::optional<int> min_new_tokens;
  int num_beams = 1;
  int num_return_sequences = 1;
  EarlyStopping early_stopping = EarlyStopping::kFalse;
  float length_penalty = 1.0F;
  float repetition_penalty = 1.0F;
  int no_repeat_ngram_size = 0;
  std::vector<std::vector<int32_t>> bad_words_ids;
  std::vector<int32_t> eos_token_id;
  std::optional<int32_t> pad_token_id;
  std::optional<int32_t> bos_token_id;
  std::optional<int32_t> decoder_start_token_id;
  std::optional<int32_t> forced_bos_token_id;
  std::vector<int32_t> forced_eos_token_id;
};

/// Overlays generation_config.json (or config.json's legacy generation fields) on `base`.
/// Fields that have no effect at their value (do_sample false, temperature 1, …) are accepted;
/// fields that would change the result and are not implemented throw unsupported-option.
GenerationConfig read_generation_config(Json json, GenerationConfig base);

/// Throws invalid-argument naming the option, its value and its range.
void check_generation_config(const GenerationConfig& config, int vocab_size);

}  // namespace dragoman
