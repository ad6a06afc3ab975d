// Reading generation settings from a model's files.
#include "decode/generation_config.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "base/error.hpp"

namespace dragoman {

namespace {

constexpr int kLongest = std::numeric_limits<int>::max();

// The file is named by whoever reads it.
[[noreturn]] void unsupported(std::string_view name, const std::string& why) {
  throw Error(ErrorCode::kUnsupportedOption,
              "the generation setting \"" + std::string(name) + "\" " + why + ".");
}

/// Reads members of one object, leaving fields alone whose member is absent or null; a wrong type
/// is reported with the member's name.
class Fields {
 public:
  Fields(Json json, std::string_view file) : json_(json), file_(file) {}

  bool has(std::string_view name) const { return json_.has(name); }

  void read(std::string_view name, int& field) const {
    with(name, [&](Json value) { field = to_int(value); });
  }
  void read(std::string_view name, std::optional<int>& field) const {
    with(name, [&](Json value) { field = to_int(value); });
  }
  void read(std::string_view name, float& field) const {
    with(name, [&](Json value) { field = static_cast<float>(value.as_double()); });
  }
  void read(std::string_view name, std::optional<float>& field) const {
    with(name, [&](Json value) { field = static_cast<float>(value.as_double()); });
  }
  /// One text, or a list of texts.
  void read(std::string_view name, std::vector<std::string>& field) const {
    with(name, [&](Json value) {
      if (value.is_string()) {
        field = {std::string(value.as_string())};
        return;
      }
      field.clear();
      for (size_t i = 0; i < value.size(); ++i) field.emplace_back(value.at(i).as_string());
    });
  }
  void read(std::string_view name, bool& field) const {
    with(name, [&](Json value) { field = value.as_bool(); });
  }
  void read(std::string_view name, EarlyStopping& field) const {
    with(name, [&](Json value) {
      if (value.is_string()) {
        if (value.as_string() != "never") unsupported(name, "is neither a boolean nor \"never\"");
        field = EarlyStopping::kNever;
      } else {
        field = value.as_bool() ? EarlyStopping::kTrue : EarlyStopping::kFalse;
      }
    });
  }
  /// One id, or a list of ids.
  void read(std::string_view name, std::vector<int32_t>& field) const {
    with(name, [&](Json value) { field = to_ids(value); });
  }
  void read(std::string_view name, std::vector<std::vector<int32_t>>& field) const {
    with(name, [&](Json value) {
      field.clear();
      for (size_t i = 0; i < value.size(); ++i) field.push_back(to_ids(value.at(i)));
    });
  }
  void read(std::string_view name, std::vector<SequenceBias>& field) const {
    with(name, [&](Json value) {
      field.clear();
      for (size_t i = 0; i < value.size(); ++i) {
        const Json pair = value.at(i);
        field.push_back(
            {to_ids(pair.at(size_t{0})), static_cast<float>(pair.at(size_t{1}).as_double())});
      }
    });
  }
  void read(std::string_view name, std::optional<LengthDecay>& field) const {
    with(name, [&](Json value) {
      field = LengthDecay{to_int(value.at(size_t{0})),
                          static_cast<float>(value.at(size_t{1}).as_double())};
    });
  }

  /// Refuses a setting that is implemented nowhere unless it has its neutral value.
  template <typename IsNeutral>
  void refuse_unless(std::string_view name, const IsNeutral& is_neutral) const {
    with(name, [&](Json value) {
      if (!is_neutral(value)) unsupported(name, "is not supported");
    });
  }

 private:
  template <typename Read>
  void with(std::string_view name, const Read& read) const {
    if (!json_.has(name)) return;
    try {
      read(json_.at(name));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUnsupportedOption) {
        throw Error(error.code(), file_ + ": " + error.what());
      }
      throw Error(error.code(),
                  std::string(error.what()) + " It is the field \"" + std::string(name) + "\".");
    }
  }

  static int to_int(Json value) {
    // What lies outside is no sensible count or id; it is clipped and then refused by its range.
    return static_cast<int>(std::clamp<int64_t>(value.as_int(), -1, kLongest));
  }

  static std::vector<int32_t> to_ids(Json value) {
    if (!value.is_array()) return {to_int(value)};
    std::vector<int32_t> ids;
    for (size_t i = 0; i < value.size(); ++i) ids.push_back(to_int(value.at(i)));
    return ids;
  }

  Json json_;
  std::string file_;
};

bool is_false(Json value) {
  return value.is_bool() && !value.as_bool();
}
bool is_zero(Json value) {
  return value.is_number() && value.as_double() == 0.0;
}
bool is_one(Json value) {
  return value.is_number() && value.as_double() == 1.0;
}
bool never(Json) {
  return false;
}

// Settings of other ways to generate. Those of caches and outputs have no effect on the result:
// they are not looked at.
void refuse_other_modes(const Fields& fields) {
  fields.refuse_unless("num_beam_groups", is_one);
  fields.refuse_unless("diversity_penalty", is_zero);
  fields.refuse_unless("penalty_alpha", is_zero);
  fields.refuse_unless("guidance_scale", is_one);
  fields.refuse_unless("token_healing", is_false);
  fields.refuse_unless("low_memory", is_false);
  fields.refuse_unless("cache_implementation", [](Json value) {
    return value.is_string() && value.as_string() != "quantized";
  });
  constexpr std::array kAbsent = {"constraints", "force_words_ids", "watermarking_config",
                                  "dola_layers", "assistant_early_exit"};
  for (const char* name : kAbsent) fields.refuse_unless(name, never);
}

// As in Python a cutoff outside of 0 to 1 is none.
void read_sampling(const Fields& fields, GenerationConfig& config) {
  fields.read("do_sample", config.do_sample);
  fields.read("temperature", config.temperature);
  fields.read("top_k", config.top_k);
  fields.read("top_p", config.top_p);
  fields.read("min_p", config.min_p);
  fields.read("typical_p", config.typical_p);
  fields.read("epsilon_cutoff", config.epsilon_cutoff);
  fields.read("eta_cutoff", config.eta_cutoff);
}

// Python's MarianConfig has a default of its own, which counts where no generation_config.json
// says otherwise. An explicit null switches it off.
void add_family_defaults(Json json, GenerationConfig& config) {
  if (json.get_string("model_type", "") != "marian") return;
  bool mentioned = false;
  json.each_member([&](std::string_view key, Json) { mentioned |= key == "forced_eos_token_id"; });
  if (!mentioned) config.forced_eos_token_id = {0};
}

}  // namespace

int GenerationConfig::length_limit(int prompt_length) const {
  if (!max_new_tokens) return max_length;
  return *max_new_tokens > kLongest - prompt_length ? kLongest : *max_new_tokens + prompt_length;
}

int GenerationConfig::shortest_length(int prompt_length) const {
  if (!min_new_tokens) return min_length;
  return *min_new_tokens > kLongest - prompt_length ? kLongest : *min_new_tokens + prompt_length;
}

GenerationConfig read_generation_config(Json json, GenerationConfig base, std::string_view file) {
  json.each_member([](std::string_view, Json) {});  // throws unless it is an object
  const Fields fields(json, file);
  refuse_other_modes(fields);
  add_family_defaults(json, base);
  fields.read("max_length", base.max_length);
  fields.read("max_new_tokens", base.max_new_tokens);
  fields.read("min_length", base.min_length);
  fields.read("min_new_tokens", base.min_new_tokens);
  fields.read("num_beams", base.num_beams);
  fields.read("num_return_sequences", base.num_return_sequences);
  fields.read("early_stopping", base.early_stopping);
  fields.read("length_penalty", base.length_penalty);
  fields.read("repetition_penalty", base.repetition_penalty);
  fields.read("no_repeat_ngram_size", base.no_repeat_ngram_size);
  fields.read("bad_words_ids", base.bad_words_ids);
  fields.read("eos_token_id", base.eos_token_id);
  fields.read("pad_token_id", base.pad_token_id);
  fields.read("bos_token_id", base.bos_token_id);
  fields.read("decoder_start_token_id", base.decoder_start_token_id);
  fields.read("forced_bos_token_id", base.forced_bos_token_id);
  fields.read("forced_eos_token_id", base.forced_eos_token_id);
  fields.read("encoder_repetition_penalty", base.encoder_repetition_penalty);
  fields.read("encoder_no_repeat_ngram_size", base.encoder_no_repeat_ngram_size);
  fields.read("sequence_bias", base.sequence_bias);
  fields.read("exponential_decay_length_penalty", base.exponential_decay_length_penalty);
  fields.read("suppress_tokens", base.suppress_tokens);
  fields.read("begin_suppress_tokens", base.begin_suppress_tokens);
  fields.read("stop_strings", base.stop_strings);
  fields.read("max_time", base.max_time);
  fields.read("prompt_lookup_num_tokens", base.prompt_lookup_num_tokens);
  fields.read("max_matching_ngram_size", base.max_matching_ngram_size);
  read_sampling(fields, base);
  fields.read("renormalize_logits", base.renormalize_logits);
  fields.read("remove_invalid_values", base.remove_invalid_values);
  return base;
}

}  // namespace dragoman
