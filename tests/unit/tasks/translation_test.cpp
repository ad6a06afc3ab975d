// Translation against Python's pipeline, in batches, and over texts of every length.
#include "tasks/text2text.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string as_json(Json value) {
  JsonWriter writer;
  writer.begin_object();
  value.each_member([&](std::string_view key, Json member) {
    writer.key(key);
    if (member.is_bool()) {
      writer.boolean(member.as_bool());
    } else {
      writer.number(member.as_double());
    }
  });
  writer.end_object();
  return writer.text();
}

// Texts of 1 to 40 words in an order without pattern.
std::vector<std::string> mixed_texts(int count) {
  const std::vector<std::string> words = {"the",  "rain,", "sea",    "where", "un",
                                          "gare", "est!",  "letter", "42",    "market"};
  std::vector<std::string> texts;
  unsigned state = 7;
  for (int i = 0; i < count; ++i) {
    std::string text;
    const int length = 1 + (i * 17) % 11;
    for (int word = 0; word < length; ++word) {
      state = state * 1664525 + 1013904223;
      text += (word == 0 ? "" : " ") + words[(state >> 16) % words.size()];
    }
    texts.push_back(text);
  }
  return texts;
}

std::string only_text(const std::string& result, size_t index = 0) {
  const JsonDocument document(result, "result", ErrorCode::kInternal);
  return std::string(document.root().at(index).at(0).at("translation_text").as_string());
}

bool is_truncated(const std::string& result) {
  const JsonDocument document(result, "result", ErrorCode::kInternal);
  return document.root().at(0).at(0).get_bool("truncated", false);
}

}  // namespace

TEST_CASE("Translations are those of Python's pipeline", "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const JsonDocument cases(read_task_file("marian", "cases.json"), "cases", ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() > 30);
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string options = as_json(list.at(i).at("options"));
    const std::string text(list.at(i).at("text").as_string());
    INFO(text << " " << options);
    const JsonDocument result(run(engine, model, request_of({text}, options)), "result",
                              ErrorCode::kInternal);
    check_translations(list.at(i), result.root().at(0));
  }
}

TEST_CASE("A batch of 64 texts gives exactly what they give alone", "[tasks][translation]") {
  const std::vector<std::string> texts = mixed_texts(64);
  for (const std::string dtype : {"fp32", "int8"}) {
    for (const std::string options : {R"({"num_beams": 1})", R"({"num_beams": 3})"}) {
      INFO(dtype << " " << options);
      Engine engine;
      const int model = load_model(engine, "marian", dtype);
      const auto together = elements(run(engine, model, request_of(texts, options)));
      REQUIRE(together.size() == texts.size());
      for (size_t i = 0; i < texts.size(); ++i) {
        const auto alone = elements(run(engine, model, request_of({texts[i]}, options)));
        REQUIRE(alone.front() == together[i]);
      }
    }
  }
}

TEST_CASE("Blank texts are returned as they are", "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const std::string result = run(engine, model, request_of({"", "home", " \t\n\u3000 ", "home"}));
  CHECK(only_text(result, 0).empty());
  CHECK(only_text(result, 2) == " \t\n\u3000 ");
  CHECK_FALSE(only_text(result, 1).empty());
  CHECK(only_text(result, 1) == only_text(result, 3));
  CHECK(elements(run(engine, model, R"({"inputs": []})")).empty());
  CHECK(elements(run(engine, model, R"({"inputs": [""]})")).size() == 1);
}

TEST_CASE("A text longer than the model's positions is translated in windows",
          "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  ModelFiles files;
  for (const std::string name :
       {"source.spm", "target.spm", "vocab.json", "tokenizer_config.json"}) {
    files[name] = read_task_file("marian", name);
  }
  const std::string sentence = "where is the old boat!";
  const std::string three = sentence + " " + sentence + " " + sentence;
  const size_t tokens = load_tokenizer(files, "marian")->encode(three).ids.size() - 1;
  REQUIRE(tokens <= 47);         // a window is full with three sentences,
  REQUIRE(tokens / 3 * 4 > 47);  // a fourth does not fit
  const std::string text = three + " " + three + " " + sentence;
  const std::string parts = run(engine, model, request_of({three, sentence}));
  const std::string whole = run(engine, model, request_of({text}));
  CHECK(only_text(whole) ==
        only_text(parts, 0) + " " + only_text(parts, 0) + " " + only_text(parts, 1));
}

TEST_CASE("A word without end is refused, or cut where asked", "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const std::string endless(100000, 'e');
  const std::string before = run(engine, model, request_of({"home"}));
  const int job = engine.start_job(model, request_of({"home", endless}));
  const auto run_job = [&] {
    while (engine.step_job(job)) {
    }
  };
  const std::string message = error_of(run_job);
  CHECK_THAT(message, ContainsSubstring("input-too-long: inputs[1] has a word of"));
  CHECK_THAT(message, ContainsSubstring("at most 47"));
  CHECK(error_of(run_job) == message);
  CHECK(error_of([&] { engine.job_result(job); }) == message);
  engine.cancel_job(job);
  CHECK(run(engine, model, request_of({"home"})) == before);
  CHECK(is_truncated(run(engine, model, request_of({endless}, R"({"truncation": true})"))));
}

TEST_CASE("An output that reaches its limit is marked", "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const std::string text = "the rain, the sea and the river";
  CHECK(is_truncated(run(engine, model, request_of({text}, R"({"max_new_tokens": 2})"))));
  CHECK_FALSE(is_truncated(run(engine, model, request_of({"home"}))));
  // The model has 48 positions; a limit beyond them is met by what they allow.
  const std::string long_output =
      run(engine, model, request_of({text}, R"({"max_new_tokens": 1000, "min_new_tokens": 48})"));
  const JsonDocument document(long_output, "result", ErrorCode::kInternal);
  CHECK(document.root().at(0).at(0).at("token_count").as_int() == 48);
  CHECK(is_truncated(long_output));
}

TEST_CASE("Strange text is translated like any other", "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const std::string inputs =
      R"({"inputs": ["a\u0000b", "\u0000", "\uFFFD \uD83D\uDE00", ">>xyz<< home"]})";
  CHECK(elements(run(engine, model, inputs)).size() == 4);
  CHECK_THAT(error_of([&] { engine.start_job(model, R"({"inputs": ["\uD83D"]})"); }),
             ContainsSubstring("invalid-argument: The request is not valid JSON"));
}

TEST_CASE("Options that contradict the model are refused", "[tasks][translation]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const auto refusal = [&](const std::string& options) {
    return error_of([&] { engine.start_job(model, request_of({"home"}, options)); });
  };
  CHECK_THAT(refusal(R"({"num_beams": 2, "num_return_sequences": 3})"),
             ContainsSubstring("num_return_sequences"));
  CHECK_THAT(refusal(R"({"bad_words_ids": [[1000000]]})"), ContainsSubstring("bad_words_ids"));
  CHECK_THAT(refusal(R"({"forced_bos_token_id": 1000000})"),
             ContainsSubstring("forced_bos_token_id"));
  CHECK_THAT(refusal(R"({"num_beam": 2})"), ContainsSubstring("num_beams"));
  CHECK(elements(run(engine, model, request_of({"home"}))).size() == 1);
}
