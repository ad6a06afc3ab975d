// Generation settings: read as Python reads them, refused when they cannot be honoured.
#include "decode/generation_config.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <limits>

#include "base/error.hpp"

#include "unit/errors.hpp"

namespace dragoman {
namespace {

using test::error_of;

GenerationConfig read(const std::string& text, const GenerationConfig& base = {}) {
  const JsonDocument document(text, "generation_config.json", ErrorCode::kModelFormat);
  return read_generation_config(document.root(), base);
}

std::string read_error(const std::string& text) {
  return error_of([&] { read(text); });
}

// The error of a valid configuration after `change`, for a vocabulary of 100 tokens.
std::string check_error(const std::function<void(GenerationConfig&)>& change) {
  GenerationConfig config;
  config.num_beams = 4;
  config.eos_token_id = {0};
  change(config);
  return error_of([&] { check_generation_config(config, 100); });
}

}  // namespace

TEST_CASE("A published generation_config.json is read", "[decode][config]") {
  const GenerationConfig config = read(R"({
    "_from_model_config": true, "bad_words_ids": [[59513], [3, 4]], "bos_token_id": 0,
    "decoder_start_token_id": 59513, "eos_token_id": 0, "forced_eos_token_id": 0,
    "max_length": 512, "num_beams": 4, "pad_token_id": 59513, "renormalize_logits": true,
    "early_stopping": "never", "length_penalty": 0.6, "transformers_version": "4.29.0"})");
  CHECK(config.bad_words_ids == std::vector<std::vector<int32_t>>{{59513}, {3, 4}});
  CHECK(config.bos_token_id == 0);
  CHECK(config.decoder_start_token_id == 59513);
  CHECK(config.eos_token_id == std::vector<int32_t>{0});
  CHECK(config.forced_eos_token_id == std::vector<int32_t>{0});
  CHECK(config.max_length == 512);
  CHECK(config.num_beams == 4);
  CHECK(config.pad_token_id == 59513);
  CHECK(config.renormalize_logits);
  CHECK(config.early_stopping == EarlyStopping::kNever);
  CHECK(config.length_penalty == 0.6F);
}

TEST_CASE("What is absent or null keeps its value", "[decode][config]") {
  GenerationConfig base;
  base.num_beams = 7;
  base.max_new_tokens = 9;
  const GenerationConfig config = read(R"({"num_beams": null, "min_length": 2})", base);
  CHECK(config.num_beams == 7);
  CHECK(config.max_new_tokens == 9);
  CHECK(config.min_length == 2);
}

TEST_CASE("What ends an output or hastens it is read", "[decode][config]") {
  const GenerationConfig config = read(R"({"stop_strings": "End.", "max_time": 2.5,
      "prompt_lookup_num_tokens": 10, "max_matching_ngram_size": 3})");
  CHECK(config.stop_strings == std::vector<std::string>{"End."});
  CHECK(config.max_time == 2.5F);
  CHECK(config.prompt_lookup_num_tokens == 10);
  CHECK(config.max_matching_ngram_size == 3);
  CHECK(read(R"({"stop_strings": ["a", "b"]})").stop_strings == std::vector<std::string>{"a", "b"});
}

TEST_CASE("Ids may be one or several", "[decode][config]") {
  const GenerationConfig config = read(
      R"({"eos_token_id": [3, 4], "forced_eos_token_id": [5], "suppress_tokens": [6, 7],
          "sequence_bias": [[[1, 2], -0.5]], "exponential_decay_length_penalty": [5, 1.5],
          "early_stopping": true})");
  CHECK(config.eos_token_id == std::vector<int32_t>{3, 4});
  CHECK(config.forced_eos_token_id == std::vector<int32_t>{5});
  CHECK(config.suppress_tokens == std::vector<int32_t>{6, 7});
  REQUIRE(config.sequence_bias.size() == 1);
  CHECK(config.sequence_bias[0].ids == std::vector<int32_t>{1, 2});
  CHECK(config.sequence_bias[0].bias == -0.5F);
  REQUIRE(config.exponential_decay_length_penalty.has_value());
  CHECK(config.exponential_decay_length_penalty->start == 5);
  CHECK(config.early_stopping == EarlyStopping::kTrue);
}

TEST_CASE("Marian's own default of a forced end counts in config.json", "[decode][config]") {
  CHECK(read(R"({"model_type": "marian"})").forced_eos_token_id == std::vector<int32_t>{0});
  CHECK(read(R"({"model_type": "marian", "forced_eos_token_id": 3})").forced_eos_token_id ==
        std::vector<int32_t>{3});
  CHECK(
      read(R"({"model_type": "marian", "forced_eos_token_id": null})").forced_eos_token_id.empty());
  CHECK(read(R"({"max_length": 9})").forced_eos_token_id.empty());
}

TEST_CASE("Settings without effect are accepted", "[decode][config]") {
  const std::string text = R"({"num_beam_groups": 1, "diversity_penalty": 0.0,
      "penalty_alpha": null, "use_cache": false, "guidance_scale": 1, "constraints": null,
      "output_scores": true, "token_healing": false, "language": "fr", "lang_to_id": {"fr": 3}})";
  CHECK(read_error(text).empty());
}

TEST_CASE("Settings that would change the result are refused by name", "[decode][config]") {
  for (const char* setting :
       {R"("num_beam_groups": 2)", R"("diversity_penalty": 0.5)", R"("penalty_alpha": 0.6)",
        R"("guidance_scale": 1.5)", R"("token_healing": true)", R"("constraints": [])",
        R"("force_words_ids": [[1]])", R"("watermarking_config": {})", R"("dola_layers": "high")",
        R"("low_memory": true)", R"("assistant_early_exit": 2)",
        R"("cache_implementation": "quantized")", R"("early_stopping": "soon")"}) {
    const std::string message = read_error("{" + std::string(setting) + "}");
    INFO(message);
    CHECK(message.starts_with("unsupported-option: generation_config.json: "));
    const std::string name = std::string(setting).substr(0, std::string(setting).find(':'));
    CHECK(message.find(name) != std::string::npos);
  }
}

TEST_CASE("A value of the wrong type is named", "[decode][config]") {
  CHECK(read_error(R"({"num_beams": "4"})") ==
        "model-format: generation_config.json: an integer is expected. It is the field "
        "\"num_beams\".");
  for (const char* text :
       {R"({"num_beams": 1.5})", R"({"length_penalty": "x"})", R"({"eos_token_id": ["a"]})",
        R"({"bad_words_ids": 3})", R"({"bad_words_ids": [[1, null]]})", R"({"early_stopping": 1})",
        R"({"sequence_bias": [[1]]})", R"({"exponential_decay_length_penalty": 5})",
        R"({"renormalize_logits": 0})", R"([])"}) {
    INFO(text);
    CHECK(read_error(text).starts_with("model-format: "));
  }
}

TEST_CASE("Lengths are counted with the prompt", "[decode][config]") {
  GenerationConfig config;
  CHECK(config.length_limit(1) == 20);
  CHECK(config.shortest_length(1) == 0);
  config.max_new_tokens = 5;
  config.min_new_tokens = 2;
  CHECK(config.length_limit(1) == 6);
  CHECK(config.shortest_length(3) == 5);
  config.max_new_tokens = std::numeric_limits<int>::max();
  CHECK(config.length_limit(2) == std::numeric_limits<int>::max());
}

TEST_CASE("Values out of range are refused with their range", "[decode][config]") {
  CHECK(check_error([](GenerationConfig&) {}).empty());
  CHECK(check_error([](GenerationConfig& c) { c.num_beams = 0; }) ==
        "invalid-argument: The option \"num_beams\" is 0; it must be at least 1.");
  CHECK(check_error([](GenerationConfig& c) { c.num_return_sequences = 5; }) ==
        "invalid-argument: The option \"num_return_sequences\" is 5; it must not exceed "
        "\"num_beams\", which is 4.");
  CHECK(check_error([](GenerationConfig& c) { c.eos_token_id = {0, 100}; }) ==
        "invalid-argument: The option \"eos_token_id\" is 100; the model's token ids are 0 to "
        "99.");
  CHECK(check_error([](GenerationConfig& c) { c.min_length = 21; }) ==
        "invalid-argument: The option \"min_length\" is 21; an output has at most 20 tokens by "
        "\"max_length\" or \"max_new_tokens\".");
  CHECK(check_error([](GenerationConfig& c) { c.repetition_penalty = -1.5F; }) ==
        "invalid-argument: The option \"repetition_penalty\" is -1.5; it must be greater than 0.");
}

TEST_CASE("Every other range is held too", "[decode][config]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::pair<const char*, std::function<void(GenerationConfig&)>>> changes = {
      {"num_return_sequences", [](GenerationConfig& c) { c.num_return_sequences = 0; }},
      {"max_length", [](GenerationConfig& c) { c.max_length = 1; }},
      {"max_new_tokens", [](GenerationConfig& c) { c.max_new_tokens = 0; }},
      {"min_length", [](GenerationConfig& c) { c.min_length = -1; }},
      {"min_new_tokens", [](GenerationConfig& c) { c.min_new_tokens = -1; }},
      {"min_new_tokens", [](GenerationConfig& c) { c.min_new_tokens = 20; }},
      {"length_penalty", [=](GenerationConfig& c) { c.length_penalty = nan; }},
      {"repetition_penalty", [](GenerationConfig& c) { c.repetition_penalty = 0.0F; }},
      {"repetition_penalty", [=](GenerationConfig& c) { c.repetition_penalty = nan; }},
      {"encoder_repetition_penalty",
       [](GenerationConfig& c) { c.encoder_repetition_penalty = 0.0F; }},
      {"no_repeat_ngram_size", [](GenerationConfig& c) { c.no_repeat_ngram_size = -1; }},
      {"encoder_no_repeat_ngram_size",
       [](GenerationConfig& c) { c.encoder_no_repeat_ngram_size = -1; }},
      {"bad_words_ids", [](GenerationConfig& c) { c.bad_words_ids = {{1}, {}}; }},
      {"bad_words_ids", [](GenerationConfig& c) { c.bad_words_ids = {{1, 100}}; }},
      {"sequence_bias", [](GenerationConfig& c) { c.sequence_bias = {{{}, 1.0F}}; }},
      {"sequence_bias", [=](GenerationConfig& c) { c.sequence_bias = {{{1}, nan}}; }},
      {"exponential_decay_length_penalty",
       [](GenerationConfig& c) { c.exponential_decay_length_penalty = LengthDecay{1, 0.0F}; }},
      {"exponential_decay_length_penalty",
       [](GenerationConfig& c) { c.exponential_decay_length_penalty = LengthDecay{-1, 2.0F}; }},
      {"stop_strings", [](GenerationConfig& c) { c.stop_strings = {"a", ""}; }},
      {"max_time", [](GenerationConfig& c) { c.max_time = 0.0F; }},
      {"prompt_lookup_num_tokens", [](GenerationConfig& c) { c.prompt_lookup_num_tokens = 5; }},
      {"prompt_lookup_num_tokens",
       [](GenerationConfig& c) {
         c.num_beams = 1;
         c.prompt_lookup_num_tokens = 0;
       }},
      {"max_matching_ngram_size", [](GenerationConfig& c) { c.max_matching_ngram_size = 0; }},
      {"decoder_start_token_id", [](GenerationConfig& c) { c.decoder_start_token_id = -1; }},
      {"forced_bos_token_id", [](GenerationConfig& c) { c.forced_bos_token_id = 100; }},
      {"forced_eos_token_id", [](GenerationConfig& c) { c.forced_eos_token_id = {100}; }},
      {"suppress_tokens", [](GenerationConfig& c) { c.suppress_tokens = {100}; }},
      {"begin_suppress_tokens", [](GenerationConfig& c) { c.begin_suppress_tokens = {-1}; }},
  };
  for (const auto& [name, change] : changes) {
    const std::string message = check_error(change);
    INFO(name << " -> " << message);
    CHECK(message.starts_with("invalid-argument: The option \"" + std::string(name) + "\""));
  }
}

}  // namespace dragoman
