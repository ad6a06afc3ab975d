// Ranges of generation settings, alone and against each other.
#include <cmath>
#include <string_view>

#include "base/error.hpp"
#include "decode/generation_config.hpp"

namespace dragoman {

namespace {

constexpr int kSeq2SeqPrompt = 1;  // the start token

// Without the zeros that std::to_string pads with.
std::string text_of(float value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

[[noreturn]] void refuse(std::string_view name, const std::string& value,
                         const std::string& range) {
  throw Error(ErrorCode::kInvalidArgument,
              "The option \"" + std::string(name) + "\" is " + value + "; " + range + ".");
}

void check_at_least(std::string_view name, int value, int least) {
  if (value < least) {
    refuse(name, std::to_string(value), "it must be at least " + std::to_string(least));
  }
}

void check_positive(std::string_view name, float value) {
  if (!(value > 0.0F) || !std::isfinite(value)) {
    refuse(name, text_of(value), "it must be greater than 0");
  }
}

void check_share(std::string_view name, float value) {
  if (!(value >= 0.0F && value <= 1.0F)) {
    refuse(name, text_of(value), "it must lie between 0 and 1");
  }
}

bool samples_freely(const GenerationConfig& config) {
  return config.do_sample && config.num_beams == 1;
}

void check_token(std::string_view name, int32_t id, int vocab_size) {
  if (id < 0 || id >= vocab_size) {
    refuse(name, std::to_string(id),
           "the model's token ids are 0 to " + std::to_string(vocab_size - 1));
  }
}

void check_tokens(std::string_view name, const std::vector<int32_t>& ids, int vocab_size) {
  for (const int32_t id : ids) check_token(name, id, vocab_size);
}

void check_tokens(std::string_view name, const std::optional<int32_t>& id, int vocab_size) {
  if (id) check_token(name, *id, vocab_size);
}

void check_sequence(std::string_view name, const std::vector<int32_t>& ids, int vocab_size) {
  if (ids.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The option \"" + std::string(name) + "\" holds a sequence without tokens.");
  }
  check_tokens(name, ids, vocab_size);
}

// Python warns of limits that contradict each other and then lets the longest win; a caller who
// wrote both is better served by an error.
void check_lengths(const GenerationConfig& config) {
  if (config.max_new_tokens) {
    check_at_least("max_new_tokens", *config.max_new_tokens, 1);
  } else {
    check_at_least("max_length", config.max_length, kSeq2SeqPrompt + 1);
  }
  check_at_least("min_length", config.min_length, 0);
  if (config.min_new_tokens) check_at_least("min_new_tokens", *config.min_new_tokens, 0);
  const int most = config.length_limit(kSeq2SeqPrompt);
  if (config.shortest_length(kSeq2SeqPrompt) <= most) return;
  const bool is_new = config.min_new_tokens.has_value();
  const int given = is_new ? *config.min_new_tokens : config.min_length;
  refuse(is_new ? "min_new_tokens" : "min_length", std::to_string(given),
         "an output has at most " + std::to_string(most) +
             " tokens by \"max_length\" or \"max_new_tokens\"");
}

void check_search(const GenerationConfig& config) {
  check_at_least("num_beams", config.num_beams, 1);
  check_at_least("num_return_sequences", config.num_return_sequences, 1);
  if (config.num_return_sequences > config.num_beams && !samples_freely(config)) {
    refuse("num_return_sequences", std::to_string(config.num_return_sequences),
           "it must not exceed \"num_beams\", which is " + std::to_string(config.num_beams));
  }
  if (!std::isfinite(config.length_penalty)) {
    refuse("length_penalty", text_of(config.length_penalty), "it must be a finite number");
  }
  check_positive("repetition_penalty", config.repetition_penalty);
  check_positive("encoder_repetition_penalty", config.encoder_repetition_penalty);
  check_at_least("no_repeat_ngram_size", config.no_repeat_ngram_size, 0);
  check_at_least("encoder_no_repeat_ngram_size", config.encoder_no_repeat_ngram_size, 0);
}

// Guesses are checked one after the other along a single output.
void check_lookup(const GenerationConfig& config) {
  if (config.max_matching_ngram_size) {
    check_at_least("max_matching_ngram_size", *config.max_matching_ngram_size, 1);
  }
  if (!config.prompt_lookup_num_tokens) return;
  check_at_least("prompt_lookup_num_tokens", *config.prompt_lookup_num_tokens, 1);
  if (config.num_beams == 1 && config.num_return_sequences == 1) return;
  refuse("prompt_lookup_num_tokens", std::to_string(*config.prompt_lookup_num_tokens),
         "it works with \"num_beams\" 1 and \"num_return_sequences\" 1, which are " +
             std::to_string(config.num_beams) + " and " +
             std::to_string(config.num_return_sequences));
}

void check_stops(const GenerationConfig& config) {
  for (const std::string& text : config.stop_strings) {
    if (text.empty()) refuse("stop_strings", "a list with an empty string", "none may be empty");
  }
  if (config.max_time) check_positive("max_time", *config.max_time);
}

// What lies outside would mean nothing, or in Python's case something else than it says.
void check_sampling(const GenerationConfig& config) {
  if (!config.do_sample) return;
  check_positive("temperature", config.temperature);
  check_at_least("top_k", config.top_k, 0);
  check_share("top_p", config.top_p);
  check_share("min_p", config.min_p);
  check_share("typical_p", config.typical_p);
  check_share("epsilon_cutoff", config.epsilon_cutoff);
  check_share("eta_cutoff", config.eta_cutoff);
  if (config.typical_p == 0.0F) refuse("typical_p", "0", "it must be greater than 0");
}

}  // namespace

void check_generation_config(const GenerationConfig& config, int vocab_size) {
  check_search(config);
  check_sampling(config);
  check_lengths(config);
  check_lookup(config);
  check_stops(config);
  for (const auto& word : config.bad_words_ids) check_sequence("bad_words_ids", word, vocab_size);
  for (const SequenceBias& bias : config.sequence_bias) {
    check_sequence("sequence_bias", bias.ids, vocab_size);
    if (std::isnan(bias.bias)) refuse("sequence_bias", "nan", "a bias must be a number");
  }
  if (config.exponential_decay_length_penalty) {
    const LengthDecay& decay = *config.exponential_decay_length_penalty;
    check_at_least("exponential_decay_length_penalty", decay.start, 0);
    check_positive("exponential_decay_length_penalty", decay.factor);
  }
  // pad_token_id and bos_token_id are not looked at: models publish values that nothing uses.
  check_tokens("eos_token_id", config.eos_token_id, vocab_size);
  check_tokens("decoder_start_token_id", config.decoder_start_token_id, vocab_size);
  check_tokens("forced_bos_token_id", config.forced_bos_token_id, vocab_size);
  check_tokens("forced_eos_token_id", config.forced_eos_token_id, vocab_size);
  check_tokens("suppress_tokens", config.suppress_tokens, vocab_size);
  check_tokens("begin_suppress_tokens", config.begin_suppress_tokens, vocab_size);
}

}  // namespace dragoman
