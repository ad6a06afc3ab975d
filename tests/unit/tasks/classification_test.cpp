// Text classification against Python's pipeline, for texts and pairs.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tasks/text_classification.hpp"
#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

// `value` as JSON text: options and inputs hold strings, numbers, booleans and null.
std::string as_json(Json value) {
  JsonWriter writer;
  if (value.is_string()) {
    writer.string(value.as_string());
    return writer.text();
  }
  writer.begin_object();
  value.each_member([&](std::string_view key, Json member) {
    writer.key(key);
    if (member.is_string()) writer.string(member.as_string());
    if (member.is_bool()) writer.boolean(member.as_bool());
    if (member.is_number()) writer.number(member.as_double());
    if (member.is_null()) writer.null();
  });
  writer.end_object();
  return writer.text();
}

void check_labels(Json expected, Json actual) {
  REQUIRE(actual.size() == expected.size());
  for (size_t rank = 0; rank < actual.size(); ++rank) {
    CHECK(actual.at(rank).at("label").as_string() == expected.at(rank).at("label").as_string());
    CHECK_THAT(actual.at(rank).at("score").as_double(),
               WithinAbs(expected.at(rank).at("score").as_double(), 1e-4));
  }
}

// The bert model with other members in its config.json.
int load_variant(Engine& engine, const std::string& members) {
  const int model = engine.create_model(R"({"task": "sentiment-analysis", "dtype": "fp32"})");
  std::string config = read_task_file("bert", "config.json");
  config.insert(config.find('{') + 1, members + ",");
  engine.add_model_file(model, "config.json", bytes_of(config));
  engine.add_model_file(model, "vocab.txt", bytes_of(read_task_file("bert", "vocab.txt")));
  feed_model(engine, model, read_task_file("bert", "model.safetensors"));
  engine.finish_model(model);
  return model;
}

}  // namespace

TEST_CASE("Labels and scores are those of Python's pipeline", "[tasks][classification]") {
  Engine engine;
  const int model = load_model(engine, "bert");
  const JsonDocument cases(read_task_file("bert", "cases.json"), "cases", ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() > 25);
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string request = R"({"inputs": [)" + as_json(list.at(i).at("input")) +
                                R"(], "options": )" + as_json(list.at(i).at("options")) + "}";
    INFO(request);
    const JsonDocument result(run(engine, model, request), "result", ErrorCode::kInternal);
    check_labels(list.at(i).at("labels"), result.root().at(0));
  }
}

TEST_CASE("Texts are classified alike alone and in any company", "[tasks][classification]") {
  std::vector<std::string> texts;
  for (int i = 0; i < 64; ++i) {
    std::string text = i % 3 == 0 ? "i loved this film" : "boring";
    for (int word = 0; word < (i * 13) % 17; ++word) text += word % 2 == 0 ? " and dull" : " great";
    texts.push_back(text);
  }
  for (const std::string dtype : {"fp32", "int8"}) {
    Engine engine;
    const int model = load_model(engine, "bert", dtype);
    const auto together = elements(run(engine, model, request_of(texts, R"({"top_k": null})")));
    REQUIRE(together.size() == texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto alone = elements(run(engine, model, request_of({texts[i]}, R"({"top_k": null})")));
      REQUIRE(alone.front() == together[i]);
    }
  }
}

TEST_CASE("A text that is too long is refused, or cut and marked", "[tasks][classification]") {
  Engine engine;
  const int model = load_model(engine, "bert");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "good ";
  CHECK_THAT(error_of([&] { run(engine, model, request_of({"a", text})); }),
             ContainsSubstring("input-too-long: inputs[1] has 102 tokens; at most 48"));
  const std::string cut = run(engine, model, request_of({"a", text}, R"({"truncation": true})"));
  CHECK_THAT(elements(cut)[1], ContainsSubstring(R"("truncated":true)"));
  CHECK(elements(cut)[0].find("truncated") == std::string::npos);
  // tokenizer_config.json says 32, so the rest of the text changes nothing.
  const std::string longer =
      run(engine, model, request_of({text + text}, R"({"truncation": true})"));
  CHECK(elements(longer)[0] == elements(cut)[1]);
  CHECK_THAT(error_of([&] { run(engine, model, request_of({"a b c"}, R"({"max_length": 4})")); }),
             ContainsSubstring("has 5 tokens; at most 4"));
  CHECK(elements(run(engine, model, request_of({std::string(100000, 'x')}))).size() == 1);
}

TEST_CASE("The model's kind of problem chooses the scores", "[tasks][classification]") {
  Engine engine;
  const std::string request = request_of({"a good film"}, R"({"top_k": null})");
  const auto with = [&](const std::string& function) {
    const std::string options = R"({"top_k": null, "function_to_apply": ")" + function + "\"}";
    return run(engine, load_model(engine, "bert"), request_of({"a good film"}, options));
  };
  const auto problem = [&](const std::string& name) {
    return run(engine, load_variant(engine, R"("problem_type": ")" + name + "\""), request);
  };
  CHECK(problem("multi_label_classification") == with("sigmoid"));
  CHECK(problem("regression") == with("none"));
  CHECK(problem("single_label_classification") == with("softmax"));
}

TEST_CASE("Inputs of the wrong kind are refused by index", "[tasks][classification]") {
  Engine engine;
  const int model = load_model(engine, "bert");
  const auto refusal = [&](const std::string& request) {
    return error_of([&] { engine.start_job(model, request); });
  };
  CHECK_THAT(refusal(R"({"inputs": ["a", 5]})"),
             ContainsSubstring("invalid-argument: inputs[1] is not a string"));
  CHECK_THAT(refusal(R"({"inputs": [{"text": "a", "pair": "b"}]})"), ContainsSubstring("\"pair\""));
  CHECK_THAT(refusal(R"({"inputs": [{"text_pair": "b"}]})"), ContainsSubstring("inputs[0].text"));
  CHECK_THAT(refusal(R"({"inputs": [{"text": 1}]})"), ContainsSubstring("inputs[0].text"));
  CHECK_THAT(refusal(R"({"inputs": "a"})"), ContainsSubstring("\"inputs\", an array"));
  CHECK_THAT(refusal(R"({"input": []})"), ContainsSubstring("invalid-argument"));
  CHECK_THAT(refusal(R"({"inputs": [], "stream": true})"), ContainsSubstring("\"stream\""));
  CHECK_THAT(refusal("[]"), ContainsSubstring("invalid-argument"));
  CHECK_THAT(refusal("{"), ContainsSubstring("The request is not valid JSON"));
}
