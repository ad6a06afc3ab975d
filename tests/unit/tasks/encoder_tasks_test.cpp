// Zero-shot classification, filled masks and ranking against Python.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tasks/zero_shot.hpp"
#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

// Two JSON values of one structure, with numbers up to a tolerance. Members that only `actual` has
// are not looked at.
void check_like(Json expected, Json actual) {
  if (expected.is_array()) {
    REQUIRE(actual.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) check_like(expected.at(i), actual.at(i));
  } else if (expected.is_object()) {
    expected.each_member(
        [&](std::string_view key, Json value) { check_like(value, actual.at(key)); });
  } else if (expected.is_number()) {
    CHECK_THAT(actual.as_double(), WithinAbs(expected.as_double(), 1e-4));
  } else {
    CHECK(json_of(actual) == json_of(expected));
  }
}

JsonDocument cases_of(const std::string& folder) {
  return {read_task_file(folder, "cases.json"), "cases.json", ErrorCode::kInternal};
}

// The model of a case, which may have a configuration of its own.
int model_of(Engine& engine, const std::string& task, const std::string& folder, Json test) {
  const Json name = test.at("config");
  if (name.is_null()) return load_task(engine, task, folder);
  const std::string other = read_task_file(folder, std::string(name.as_string()));
  return load_task(engine, task, folder, "fp32", {{"config.json", other}});
}

// The labels of a call as the engine takes them: a string of several is split on the way to it.
std::string labels_of(Json labels) {
  if (!labels.is_string()) return json_of(labels);
  CHECK(labels.as_string() == "film, book ,,  great ");
  return R"(["film", "book", "great"])";
}

// `options` with one more member.
std::string with_member(Json options, const std::string& member) {
  const std::string text = json_of(options);
  return "{" + member + (text == "{}" ? "" : ",") + text.substr(1);
}

std::string request_with(const std::string& input, const std::string& options) {
  return R"({"inputs": [)" + input + R"(], "options": )" + options + "}";
}

constexpr const char* kLabels = R"({"candidate_labels": ["film", "book"]})";

}  // namespace

TEST_CASE("Zero-shot scores are those of Python's pipeline", "[tasks][zero-shot]") {
  const JsonDocument cases = cases_of("zero-shot");
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() > 25);
  for (size_t i = 0; i < list.size(); ++i) {
    Engine engine;
    const Json test = list.at(i);
    const int model = model_of(engine, "zero-shot-classification", "zero-shot", test);
    const std::string options =
        with_member(test.at("options"), R"("candidate_labels": )" + labels_of(test.at("labels")));
    const std::string request = request_with(json_of(test.at("text")), options);
    INFO(request);
    const JsonDocument result(run(engine, model, request), "result", ErrorCode::kInternal);
    check_like(test.at("result"), result.root().at(0));
    CHECK(result.root().at(0).get_bool("truncated", false) == test.at("truncated").as_bool());
  }
}

TEST_CASE("A batch of texts and labels gives what each gives alone", "[tasks][zero-shot]") {
  for (const std::string dtype : {"fp32", "int8"}) {
    Engine engine;
    const int model = load_task(engine, "zero-shot-classification", "zero-shot", dtype);
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) texts.push_back(std::string(static_cast<size_t>(i % 17), 'b'));
    const auto together = elements(run(engine, model, request_of(texts, kLabels)));
    REQUIRE(together.size() == texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      CHECK(run(engine, model, request_of({texts[i]}, kLabels)) == "[" + together[i] + "]");
    }
  }
}

TEST_CASE("Zero-shot requests that make no sense are refused", "[tasks][zero-shot]") {
  Engine engine;
  const int model = load_task(engine, "zero-shot-classification", "zero-shot");
  const auto refusal = [&](const std::string& options) {
    return error_of([&] { run(engine, model, request_of({"a", "b"}, options)); });
  };
  CHECK_THAT(refusal("{}"), ContainsSubstring("invalid-argument: The option \"candidate_labels\""));
  CHECK_THAT(refusal(R"({"candidate_labels": [1]})"), ContainsSubstring("a string is expected"));
  for (const std::string text : {"no place", "{1}", "{} {}", "{x}", "}", "{{}}", "{0} {}", "{"}) {
    CHECK_THAT(refusal(R"({"candidate_labels": "a", "hypothesis_template": ")" + text + "\"}"),
               ContainsSubstring("invalid-argument: The option \"hypothesis_template\""));
  }
  CHECK(fill_template("{{}} is {0}, {0}", "a{}") == "{} is a{}, a{}");
  const std::string label(60, 'x');
  CHECK_THAT(refusal(R"({"candidate_labels": ["a", ")" + label + " " + label + "\"]}"),
             ContainsSubstring("input-too-long: inputs[0] has 134 tokens; at most 48"));
}

TEST_CASE("A model that knows no entailment is refused for zero-shot", "[tasks][zero-shot]") {
  Engine engine;
  CHECK_THAT(error_of([&] { load_task(engine, "zero-shot-classification", "bert"); }),
             ContainsSubstring("unsupported-model: ") && ContainsSubstring("\"entail\""));
}

TEST_CASE("Masks are filled as by Python's pipeline", "[tasks][fill-mask]") {
  Engine engine;
  const int model = load_task(engine, "fill-mask", "fill-mask");
  const JsonDocument cases = cases_of("fill-mask");
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() > 15);
  for (size_t i = 0; i < list.size(); ++i) {
    const Json test = list.at(i);
    const std::string request = request_with(json_of(test.at("text")), json_of(test.at("options")));
    INFO(request);
    const JsonDocument result(run(engine, model, request), "result", ErrorCode::kInternal);
    const Json words = result.root().at(0);
    // Of a list of the whole vocabulary the case has the beginning.
    const Json expected = test.at("result");
    const bool whole = test.at("options").get_int("top_k", 0) == 1000;
    CHECK(words.size() == (whole ? size_t{91} : expected.size()));
    for (size_t word = 0; word < expected.size(); ++word) {
      check_like(expected.at(word), words.at(word));
    }
  }
}

TEST_CASE("Texts with many masks are filled in parts", "[tasks][fill-mask]") {
  Engine engine;
  const int model = load_task(engine, "fill-mask", "fill-mask");
  std::string text;
  for (int i = 0; i < 45; ++i) text += "[MASK] ";
  const std::string options = R"({"top_k": 1})";
  const auto alone = elements(run(engine, model, request_of({text}, options)));
  const auto words = elements(alone.front());
  REQUIRE(words.size() == 45);
  CHECK(words.front() != words.back());
  const auto batch = elements(run(engine, model, request_of({"[MASK]", text, text}, options)));
  CHECK(batch[1] == alone.front());
  CHECK(batch[2] == alone.front());
}

TEST_CASE("Texts without a mask and targets without a token are refused", "[tasks][fill-mask]") {
  Engine engine;
  const int model = load_task(engine, "fill-mask", "fill-mask");
  const auto refusal = [&](const std::string& text, const std::string& options = "{}") {
    return error_of([&] { run(engine, model, request_of({"[MASK]", text}, options)); });
  };
  CHECK_THAT(refusal("a film"),
             ContainsSubstring("invalid-argument: inputs[1] has no mask, which is written [MASK]"));
  CHECK_THAT(refusal(std::string(100, 'a') + " [MASK]"),
             ContainsSubstring("input-too-long: inputs[1] has 103 tokens; at most 48"));
  CHECK_THAT(refusal(std::string(100, 'a') + " [MASK]", R"({"truncation": true})"),
             ContainsSubstring("inputs[1] has no mask"));
  CHECK_THAT(refusal("[MASK]", R"({"targets": ["good", " "]})"),
             ContainsSubstring("invalid-argument: The option \"targets\""));
  CHECK_THAT(refusal("[MASK]", R"({"top_k": 0})"), ContainsSubstring("top_k"));
  CHECK_THAT(error_of([&] { load_task(engine, "fill-mask", "bert"); }),
             ContainsSubstring("unsupported-model"));
}

TEST_CASE("Texts are ranked as by CrossEncoder", "[tasks][ranking]") {
  const JsonDocument cases = cases_of("ranking");
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() == 8);
  for (size_t i = 0; i < list.size(); ++i) {
    Engine engine;
    const Json test = list.at(i);
    const int model = model_of(engine, "text-ranking", "ranking", test);
    const Json ranks = test.at("ranks");
    for (size_t rank = 0; rank < ranks.size(); ++rank) {
      const std::string pair = R"({"text": )" + json_of(test.at("query")) + R"(, "text_pair": )" +
                               json_of(ranks.at(rank).at("text")) + "}";
      const JsonDocument result(run(engine, model, request_with(pair, "{}")), "result",
                                ErrorCode::kInternal);
      CHECK_THAT(result.root().at(0).at(size_t{0}).at("score").as_double(),
                 WithinAbs(ranks.at(rank).at("score").as_double(), 1e-4));
    }
  }
  Engine engine;
  CHECK_THAT(error_of([&] { load_task(engine, "text-ranking", "bert"); }),
             ContainsSubstring("unsupported-model: ") && ContainsSubstring("one label"));
}
