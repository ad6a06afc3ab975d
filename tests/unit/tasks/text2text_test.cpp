// What summaries and other texts from texts have beyond translations. The model is the random one
// of the translation tests: what matters is which pieces it is given.
#include "tasks/text2text.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;

namespace {

int load(Engine& engine, const std::string& task, const std::string& settings = "") {
  const int model = engine.create_model(R"({"task": ")" + task + R"(", "dtype": "fp32"})");
  std::string config = read_task_file("marian", "config.json");
  config.insert(config.find('{') + 1, settings);
  engine.add_model_file(model, "config.json", bytes_of(config));
  for (const std::string name : {"source.spm", "target.spm", "vocab.json", "tokenizer_config.json",
                                 "generation_config.json"}) {
    engine.add_model_file(model, name, bytes_of(read_task_file("marian", name)));
  }
  feed_model(engine, model, read_task_file("marian", "model.safetensors"));
  engine.finish_model(model);
  return model;
}

std::string text_of(const std::string& result, const char* key) {
  const JsonDocument document(result, "result", ErrorCode::kInternal);
  return std::string(document.root().at(size_t{0}).at(size_t{0}).at(key).as_string());
}

const std::string kSentence = "where is the old boat!";

std::string repeated(int count) {
  std::string text = kSentence;
  for (int i = 1; i < count; ++i) text += " " + kSentence;
  return text;
}

}  // namespace

TEST_CASE("Results are named as the task names them", "[tasks][text2text]") {
  Engine engine;
  const int translation = load(engine, "translation");
  const int summarization = load(engine, "summarization");
  const int text2text = load(engine, "text2text-generation");
  const std::string expected =
      text_of(run(engine, translation, request_of({kSentence})), "translation_text");
  CHECK_FALSE(expected.empty());
  CHECK(text_of(run(engine, summarization, request_of({kSentence})), "summary_text") == expected);
  CHECK(text_of(run(engine, text2text, request_of({kSentence})), "generated_text") == expected);
}

TEST_CASE("A long text is summarised in parts, and their summaries again", "[tasks][text2text]") {
  Engine engine;
  const int model = load(engine, "summarization");
  const std::string options = R"({"max_new_tokens": 6})";
  const std::string unmerged = R"({"max_new_tokens": 6, "merge": false})";
  const std::string parts =
      text_of(run(engine, model, request_of({repeated(12)}, unmerged)), "summary_text");
  const std::string one =
      text_of(run(engine, model, request_of({repeated(3)}, options)), "summary_text");
  CHECK(parts == one + " " + one + " " + one + " " + one);
  CHECK(text_of(run(engine, model, request_of({repeated(12)}, options)), "summary_text") ==
        text_of(run(engine, model, request_of({parts}, options)), "summary_text"));
}

TEST_CASE("Other texts are refused when they are too long, or cut where asked",
          "[tasks][text2text]") {
  Engine engine;
  const int model = load(engine, "text2text-generation");
  const auto ask = [&](const std::string& text, const std::string& options) {
    return run(engine, model, request_of({text}, options));
  };
  CHECK_THAT(error_of([&] { ask(repeated(9), "{}"); }),
             ContainsSubstring("input-too-long: inputs[0] has"));
  const JsonDocument cut(ask(repeated(9), R"({"truncation": true})"), "result",
                         ErrorCode::kInternal);
  CHECK(cut.root().at(size_t{0}).at(size_t{0}).get_bool("truncated", false));
  CHECK_THAT(error_of([&] { ask("home", R"({"merge": true})"); }), ContainsSubstring("merge"));
  CHECK(elements(ask("", "{}")).size() == 1);
}

TEST_CASE("A model says of a task how its texts begin and how long outputs are",
          "[tasks][text2text]") {
  Engine engine;
  const int plain = load(engine, "summarization");
  const int own = load(engine, "summarization",
                       R"("task_specific_params": {"summarization": {"prefix": "the sea: ",
                          "num_beams": 2, "max_length": 7}},)");
  const std::string expected = text_of(
      run(engine, plain, request_of({"the sea: the rain"}, R"({"num_beams": 2, "max_length": 7})")),
      "summary_text");
  CHECK(text_of(run(engine, own, request_of({"the rain"})), "summary_text") == expected);
  const int french = load(engine, "translation_en_to_fr",
                          R"("task_specific_params": {"translation_en_to_fr": {"prefix": "un "},
                             "translation_en_to_de": {"prefix": "le "}},)");
  CHECK(text_of(run(engine, french, request_of({"train"})), "translation_text") ==
        text_of(run(engine, plain, request_of({"un train"})), "summary_text"));
}
