// How text is generated: the fields of generation_config.json that the engine honours, with the
// names and defaults of Python `transformers` 4.57 (GenerationConfig).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

enum class EarlyStopping { kFalse, kTrue, kNever };

/// A sequence of tokens whose last one gets `bias` added to its score after the others.
struct SequenceBias {
  std::vector<int32_t> ids;
  float bias = 0.0F;
};

/// From `start` new tokens on, the end tokens' scores grow by the factor, more with each token.
struct LengthDecay {
  int start = 0;
  float factor = 1.0F;
};

struct GenerationConfig {
  int max_length = 20;
  std::optional<int> max_new_tokens;  // wins over max_length
  int min_length = 0;
  std::optional<int> min_new_tokens;  // wins over min_length
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
  /// Texts that end an output, which includes them. Whoever generates has a tokenizer then.
  std::vector<std::string> stop_strings;
  /// Seconds from the first step on, after which outputs end as they are.
  std::optional<float> max_time;

  float encoder_repetition_penalty = 1.0F;
  int encoder_no_repeat_ngram_size = 0;
  std::vector<SequenceBias> sequence_bias;
  std::optional<LengthDecay> exponential_decay_length_penalty;
  std::vector<int32_t> suppress_tokens;
  std::vector<int32_t> begin_suppress_tokens;
  // Guesses at the next tokens, taken from what is there already and checked together in one step.
  std::optional<int> prompt_lookup_num_tokens;
  std::optional<int> max_matching_ngram_size;  // 2
  bool output_scores = false;                  // keep the log-probability of every token
  // Sampling; without do_sample none of them has an effect.
  bool do_sample = false;
  float temperature = 1.0F;
  int top_k = 50;  // 0: any
  float top_p = 1.0F;
  float min_p = 0.0F;
  float typical_p = 1.0F;
  float epsilon_cutoff = 0.0F;
  float eta_cutoff = 0.0F;
  /// With a seed a text gets what it gets, alone or in a batch; without one every text of a
  /// request draws from a source of its own, by `entropy`, which the caller makes up.
  std::optional<int> seed;
  uint64_t entropy = 0;

  bool renormalize_logits = false;
  bool remove_invalid_values = false;

  /// Most and fewest tokens of a whole output that begins with `prompt_length` given ones.
  int length_limit(int prompt_length) const;
  int shortest_length(int prompt_length) const;
};

/// Overlays generation_config.json (or config.json's legacy generation fields) on `base`.
/// Fields that have no effect at their value (penalty_alpha 0, …) are accepted; fields that would
/// change the result and are not implemented throw unsupported-option naming file and field.
GenerationConfig read_generation_config(Json json, GenerationConfig base,
                                        std::string_view file = "generation_config.json");

/// Throws invalid-argument naming the option, its value and its range.
void check_generation_config(const GenerationConfig& config, int vocab_size);

}  // namespace dragoman
