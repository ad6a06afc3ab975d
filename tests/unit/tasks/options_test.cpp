// Options of requests: every value either takes effect or is refused with a sentence that helps.
#include "tasks/text2text_options.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "tasks/option_names.hpp"
#include "tasks/option_reader.hpp"

using namespace dragoman;
using Catch::Matchers::ContainsSubstring;

namespace {

template <typename Options>
Options read(const std::string& json, Options options = {}) {
  const JsonDocument document(json, "options", ErrorCode::kInvalidArgument);
  read_options(document.root(), options);
  return options;
}

// The error that reading `json` throws, as "code: message"; empty when it throws none.
template <typename Options>
std::string refusal(const std::string& json) {
  try {
    read<Options>(json);
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("Without options everything has its default", "[tasks][options]") {
  for (const std::string json : {"{}", "null"}) {
    const auto options = read<Text2TextOptions>(json);
    CHECK(options.generation.num_beams == 4);
    CHECK(options.generation.max_new_tokens == 256);
    CHECK_FALSE(options.truncation);
    CHECK(read<ClassificationOptions>(json).top_k == 1);
  }
}

TEST_CASE("Options of translation reach their fields", "[tasks][options]") {
  const auto options = read<Text2TextOptions>(R"({
    "num_beams": 6.0, "num_return_sequences": 2, "early_stopping": "never", "length_penalty": -0.5,
    "repetition_penalty": 1.5, "no_repeat_ngram_size": 3, "min_length": 4,
    "bad_words_ids": [[5], [6, 7]], "forced_bos_token_id": 8, "forced_eos_token_id": 9,
    "eos_token_id": [1, 2], "decoder_start_token_id": 3, "truncation": true, "stream": true})");
  const GenerationConfig& generation = options.generation;
  CHECK(generation.num_beams == 6);
  CHECK(generation.num_return_sequences == 2);
  CHECK(generation.early_stopping == EarlyStopping::kNever);
  CHECK(generation.length_penalty == -0.5F);
  CHECK(generation.repetition_penalty == 1.5F);
  CHECK(generation.no_repeat_ngram_size == 3);
  CHECK(generation.min_length == 4);
  CHECK(generation.bad_words_ids == std::vector<std::vector<int32_t>>{{5}, {6, 7}});
  CHECK(generation.forced_bos_token_id == 8);
  CHECK(generation.forced_eos_token_id == std::vector<int32_t>{9});
  CHECK(generation.eos_token_id == std::vector<int32_t>{1, 2});
  CHECK(generation.decoder_start_token_id == 3);
  CHECK(options.truncation);
  CHECK(options.stream);
}

TEST_CASE("Settings of single scores and of the end reach their fields", "[tasks][options]") {
  const auto options = read<Text2TextOptions>(R"({
    "encoder_repetition_penalty": 1.5, "encoder_no_repeat_ngram_size": 3,
    "sequence_bias": [[[5, 6], -1.5], [[7], 2]], "suppress_tokens": [3],
    "begin_suppress_tokens": [4, 5], "exponential_decay_length_penalty": [5, 1.25],
    "renormalize_logits": true, "remove_invalid_values": true, "stop_strings": ["a", "b"],
    "max_time": 2.5, "prompt_lookup_num_tokens": 4, "max_matching_ngram_size": 3,
    "output_scores": true})");
  const GenerationConfig& generation = options.generation;
  CHECK(generation.encoder_repetition_penalty == 1.5F);
  CHECK(generation.encoder_no_repeat_ngram_size == 3);
  REQUIRE(generation.sequence_bias.size() == 2);
  CHECK(generation.sequence_bias[0].ids == std::vector<int32_t>{5, 6});
  CHECK(generation.sequence_bias[0].bias == -1.5F);
  CHECK(generation.sequence_bias[1].bias == 2.0F);
  CHECK(generation.suppress_tokens == std::vector<int32_t>{3});
  CHECK(generation.begin_suppress_tokens == std::vector<int32_t>{4, 5});
  REQUIRE(generation.exponential_decay_length_penalty.has_value());
  CHECK(generation.exponential_decay_length_penalty->start == 5);
  CHECK(generation.exponential_decay_length_penalty->factor == 1.25F);
  CHECK(generation.renormalize_logits);
  CHECK(generation.remove_invalid_values);
  CHECK(generation.stop_strings == std::vector<std::string>{"a", "b"});
  CHECK(generation.max_time == 2.5F);
  CHECK(generation.prompt_lookup_num_tokens == 4);
  CHECK(generation.max_matching_ngram_size == 3);
  CHECK(generation.output_scores);
  Text2TextOptions set;
  set.generation = generation;
  const auto unset = read(R"({"sequence_bias": null, "exponential_decay_length_penalty": null,
      "stop_strings": null, "max_time": null, "prompt_lookup_num_tokens": null})",
                          set)
                         .generation;
  CHECK(unset.sequence_bias.empty());
  CHECK_FALSE(unset.exponential_decay_length_penalty.has_value());
  CHECK(unset.stop_strings.empty());
  CHECK_FALSE(unset.max_time.has_value());
  CHECK_FALSE(unset.prompt_lookup_num_tokens.has_value());
}

TEST_CASE("A limit of one name replaces the model's limit of the other", "[tasks][options]") {
  Text2TextOptions model;
  model.generation.min_new_tokens = 5;
  const auto named = read(R"({"max_length": 30, "min_length": 2})", model);
  CHECK_FALSE(named.generation.max_new_tokens.has_value());
  CHECK_FALSE(named.generation.min_new_tokens.has_value());
  const auto both = read(R"({"max_length": 30, "max_new_tokens": 7})", model);
  CHECK(both.generation.max_new_tokens == 7);
  CHECK(both.generation.min_new_tokens == 5);
}

TEST_CASE("Options of classification reach their fields", "[tasks][options]") {
  const auto options = read<ClassificationOptions>(
      R"({"top_k": null, "function_to_apply": "sigmoid", "truncation": "only_second",
          "max_length": 12})");
  CHECK_FALSE(options.top_k.has_value());
  CHECK(options.function_to_apply == ScoreFunction::kSigmoid);
  CHECK(options.truncation == Truncation::kOnlySecond);
  CHECK(options.max_length == 12);
  CHECK(read<ClassificationOptions>(R"({"truncation": true})").truncation ==
        Truncation::kLongestFirst);
}

TEST_CASE("A bad value is refused naming option, value and range", "[tasks][options]") {
  struct Case {
    const char* json;
    const char* expected;
  };
  const Case cases[] = {
      {R"({"num_beams": 0})", "num_beams\" is 0; a whole number from 1 to 256 is expected"},
      {R"({"num_beams": -1})", "num_beams\" is -1;"},
      {R"({"num_beams": 2.5})", "num_beams\" is 2.5"},
      {R"({"num_beams": 1e300})", "num_beams\" is 1"},
      {R"({"num_beams": 18446744073709551615})", "a whole number from 1 to 256"},
      {R"({"num_beams": "4"})", "num_beams\" is \"4\""},
      {R"({"num_beams": null})", "num_beams\" is null"},
      {R"({"num_beams": [4]})", "num_beams\" is an array of 1"},
      {R"({"length_penalty": NaN})", "a number from -100 to 100 is expected"},
      {R"({"length_penalty": Infinity})", "a number from -100 to 100 is expected"},
      {R"({"repetition_penalty": 0})", "repetition_penalty\" is 0; a number from 0.01 to 100"},
      {R"({"early_stopping": "always"})", "true, false or \"never\" is expected"},
      {R"({"max_new_tokens": 0})", "max_new_tokens\" is 0; a whole number from 1 to"},
      {R"({"bad_words_ids": [1, 2]})", "a list of token ids is expected"},
      {R"({"bad_words_ids": [[]]})", "at least one token id"},
      {R"({"bad_words_ids": [["a"]]})", "bad_words_ids\" is \"a\""},
      {R"({"sequence_bias": {"5": 1}})", "a list of pairs [token ids, number] is expected"},
      {R"({"sequence_bias": [[5, 1]]})", "a list of token ids is expected"},
      {R"({"sequence_bias": [[[5], NaN]]})", "a list of pairs [token ids, number] is expected"},
      {R"({"exponential_decay_length_penalty": 5})", "a pair [number of tokens, factor]"},
      {R"({"exponential_decay_length_penalty": [-1, 2]})", "is -1; a whole number from 0"},
      {R"({"max_time": 0})", "max_time\" is 0; a number from 0.001 to 1000000"},
      {R"({"stop_strings": [5]})", "stop_strings\" is 5; a string is expected"},
      {R"({"prompt_lookup_num_tokens": 65})", "a whole number from 1 to 64 is expected"},
      {R"({"truncation": 1})", "truncation\" is 1; true or false is expected"},
      {R"([1])", "The options are an array of 1; an object is expected"},
  };
  for (const Case& entry : cases) {
    INFO(entry.json);
    const std::string message = refusal<Text2TextOptions>(entry.json);
    CHECK_THAT(message, ContainsSubstring("invalid-argument: "));
    CHECK_THAT(message, ContainsSubstring(entry.expected));
  }
  CHECK_THAT(refusal<ClassificationOptions>(R"({"top_k": 0})"), ContainsSubstring("top_k\" is 0"));
  CHECK_THAT(refusal<ClassificationOptions>(R"({"function_to_apply": "relu"})"),
             ContainsSubstring("\"softmax\", \"sigmoid\", \"none\" or null"));
}

TEST_CASE("An unknown option is refused with names that are near", "[tasks][options]") {
  CHECK_THAT(
      refusal<Text2TextOptions>(R"({"num_beam": 4})"),
      ContainsSubstring("unsupported-option: The option \"num_beam\" is unknown; did you mean "
                        "num_beams"));
  CHECK_THAT(refusal<Text2TextOptions>(R"({"numBeams": 4})"), ContainsSubstring("num_beams"));
  CHECK_THAT(refusal<ClassificationOptions>(R"({"topk": 2})"), ContainsSubstring("top_k?"));
  CHECK_THAT(refusal<ClassificationOptions>(R"({"num_beams": 2})"),
             ContainsSubstring(
                 "known are top_k, function_to_apply, truncation, max_length, output_attentions, "
                 "output_hidden_states."));
  const std::string long_name = R"({")" + std::string(100000, 'x') + R"(": 1})";
  CHECK(refusal<Text2TextOptions>(long_name).size() < 1000);
}

TEST_CASE("What cannot be honoured is refused unless its value changes nothing",
          "[tasks][options]") {
  CHECK(refusal<Text2TextOptions>(R"({"num_beam_groups": 1, "diversity_penalty": 0})").empty());
  CHECK_THAT(
      refusal<Text2TextOptions>(R"({"num_beam_groups": 2})"),
      ContainsSubstring("unsupported-option: The option \"num_beam_groups\" cannot be honoured"));
  for (const char* json :
       {R"({"penalty_alpha": 0.6})", R"({"guidance_scale": 1.5})", R"({"watermarking_config": {}})",
        R"({"dola_layers": "high"})", R"({"constraints": []})", R"({"force_words_ids": [[5]]})",
        R"({"token_healing": true})", R"({"use_cache": false})", R"({"diversity_penalty": 0.5})",
        R"({"assistant_early_exit": 2})"}) {
    const std::string message = refusal<Text2TextOptions>(json);
    INFO(message);
    const std::string name = std::string(json).substr(2, std::string(json).find(':') - 3);
    CHECK(message.starts_with("unsupported-option: The option \"" + name + "\" cannot"));
  }
  CHECK_THAT(refusal<Text2TextOptions>(R"({"tgt_lang": "fra"})"), ContainsSubstring("tgt_lang"));
}

TEST_CASE("The edit distance counts insertions, changes and swaps", "[tasks][options]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abc", "acb") == 1);
  CHECK(edit_distance("abc", "abxc") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}
