// Tokens, answers and roles against Python, and texts of any length.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/utf.hpp"
#include "tasks/bio_tags.hpp"
#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string request(const std::string& input, const std::string& options = "{}") {
  return R"({"inputs": [)" + input + R"(], "options": )" + options + "}";
}

// Runs every case of a golden model; `input_of` makes the input of one.
template <typename InputOf>
void check_cases(const std::string& folder, const std::string& task, size_t least,
                 const InputOf& input_of) {
  Engine engine;
  const int model = load_task(engine, task, folder);
  const JsonDocument cases(read_task_file(folder, "cases.json"), "cases", ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() >= least);
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string options =
        list.at(i).has("options") ? json_of(list.at(i).at("options")) : "{}";
    const std::string asked = request(input_of(list.at(i)), options);
    INFO(asked);
    const JsonDocument result(run(engine, model, asked), "result", ErrorCode::kInternal);
    CHECK(difference(list.at(i).at("result"), result.root().at(0), "") == "");
  }
}

std::string question_input(Json question, Json context) {
  return R"({"question": )" + json_of(question) + R"(, "context": )" + json_of(context) + "}";
}

std::string question_input(const std::string& question, const std::string& context) {
  JsonWriter writer;
  writer.begin_object();
  writer.key("question");
  writer.string(question);
  writer.key("context");
  writer.string(context);
  writer.end_object();
  return writer.text();
}

std::string refusal(Engine& engine, int model, const std::string& asked) {
  return error_of([&] { run(engine, model, asked); });
}

// 100,000 characters, some outside the basic plane.
std::string long_text() {
  std::string text;
  for (int i = 0; text.size() < 100000; ++i) {
    text += i % 7 == 0 ? "Angela met \xF0\x9F\x9A\xA3 Sarah in Caf\xC3\xA9 Paris. "
                       : "The old market was sold to Wolfgang, who lives in Berlin! ";
  }
  return text;
}

std::string slice(const std::u16string& units, Json entry) {
  const auto start = static_cast<size_t>(entry.at("start").as_uint());
  const auto end = static_cast<size_t>(entry.at("end").as_uint());
  return to_utf8(std::u16string_view(units).substr(start, end - start));
}

}  // namespace

TEST_CASE("Tokens and entities are those of Python's pipeline", "[tasks][entities]") {
  check_cases("entities", "token-classification", 60,
              [](Json entry) { return json_of(entry.at("input")); });
}

TEST_CASE("Answers are those of Python's pipeline", "[tasks][answers]") {
  check_cases("answers", "question-answering", 36,
              [](Json entry) { return question_input(entry.at("question"), entry.at("context")); });
}

TEST_CASE("Roles are the likeliest that BIO allows", "[tasks][roles]") {
  check_cases("roles", "semantic-role-labelling", 4,
              [](Json entry) { return json_of(entry.at("input")); });
}

TEST_CASE("A long text loses no token and repeats none between its windows", "[tasks][entities]") {
  Engine engine;
  const int model = load_task(engine, "ner", "entities");
  const std::string text = long_text();
  const std::u16string units = to_utf16(text);
  for (const std::string options :
       {R"({"ignore_labels": []})", R"({"ignore_labels": [], "stride": 0})"}) {
    const JsonDocument result(run(engine, model, request_of({text}, options)), "result",
                              ErrorCode::kInternal);
    const Json tokens = result.root().at(0);
    bool in_order = true;
    size_t last = 0;
    std::string covered;
    for (size_t i = 0; i < tokens.size(); ++i) {
      in_order = in_order && tokens.at(i).at("index").as_uint() == i + 1 &&
                 tokens.at(i).at("start").as_uint() >= last;
      last = static_cast<size_t>(tokens.at(i).at("end").as_uint());
      covered += slice(units, tokens.at(i));
    }
    CHECK(in_order);
    std::string letters = text;
    std::erase(letters, ' ');
    CHECK(covered == letters);
  }
}

TEST_CASE("Entities of a long text do not overlap and are where they say", "[tasks][entities]") {
  Engine engine;
  const int model = load_task(engine, "ner", "entities");
  const std::string text = long_text();
  const std::u16string units = to_utf16(text);
  const JsonDocument result(
      run(engine, model, request_of({text}, R"({"aggregation_strategy": "first"})")), "result",
      ErrorCode::kInternal);
  const Json entities = result.root().at(0);
  REQUIRE(entities.size() > 100);
  bool apart = true;
  size_t last = 0;
  for (size_t i = 0; i < entities.size(); ++i) {
    const std::string covered = slice(units, entities.at(i));
    apart = apart && entities.at(i).at("start").as_uint() >= last && !covered.empty();
    last = static_cast<size_t>(entities.at(i).at("end").as_uint());
  }
  CHECK(apart);
  CHECK(last <= units.size());
}

TEST_CASE("An answer in a long context is the text at its place", "[tasks][answers]") {
  Engine engine;
  const int model = load_task(engine, "question-answering", "answers");
  const std::string context = long_text();
  const std::u16string units = to_utf16(context);
  const std::string asked = request(question_input("Where?", context), R"({"top_k": 20})");
  const JsonDocument result(run(engine, model, asked), "result", ErrorCode::kInternal);
  const Json answers = result.root().at(0);
  REQUIRE(answers.size() == 20);
  for (size_t i = 0; i < answers.size(); ++i) {
    CHECK(answers.at(i).at("answer").as_string() == slice(units, answers.at(i)));
  }
  // What a batch needs is kept, not the document's square or its windows' activations.
  const JsonDocument memory(engine.memory_use(0), "memory", ErrorCode::kInternal);
  CHECK(memory.root().at("arena_bytes").as_uint() < (8U << 20U));
}

TEST_CASE("A question is cut where max_question_len says, and only there", "[tasks][answers]") {
  Engine engine;
  const int model = load_task(engine, "question-answering", "answers");
  const std::string context = "Angela met Sarah in the rain by the river.";
  const auto ask = [&](const std::string& question, const std::string& options) {
    return run(engine, model, request(question_input(question, context), options));
  };
  const std::string cut = ask("who lives in paris, not in berlin", R"({"max_question_len": 3})");
  CHECK_THAT(cut, ContainsSubstring(R"("truncated":true)"));
  std::string whole = ask("who lives in", "{}");
  CHECK(cut.substr(0, cut.find(",\"truncated")) == whole.substr(0, whole.find("}")));
  const std::string long_question = question_input(context + context + context, context);
  CHECK_THAT(refusal(engine, model, request(long_question)),
             ContainsSubstring("input-too-long: inputs[0].question has 33 tokens"));
  CHECK_THAT(
      refusal(engine, model,
              request(question_input("who", context + context + context), R"({"doc_stride": 28})")),
      ContainsSubstring("\"doc_stride\" is 28; beside the question inputs[0]"));
}

TEST_CASE("A context without words has the empty answer", "[tasks][answers]") {
  Engine engine;
  const int model = load_task(engine, "question-answering", "answers");
  CHECK(run(engine, model, request(question_input("who", " \t "))) ==
        R"([[{"score":0.0,"start":0,"end":0,"answer":""}]])");
}

TEST_CASE("Texts are understood alike alone and in any company", "[tasks][entities][answers]") {
  for (const std::string dtype : {"fp32", "int8"}) {
    Engine engine;
    const int answers = load_task(engine, "question-answering", "answers", dtype);
    const int entities = load_task(engine, "ner", "entities", dtype);
    std::string questions;
    std::vector<std::string> texts;
    for (int i = 0; i < 24; ++i) {
      texts.push_back(long_text().substr(0, static_cast<size_t>(i) * 37 % 400 + 20));
      questions += (i > 0 ? "," : "") + question_input("Where is it?", texts.back());
    }
    const auto together = elements(run(engine, answers, request(questions)));
    const std::string joined = R"({"aggregation_strategy": "max"})";
    const auto named = elements(run(engine, entities, request_of(texts, joined)));
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string question = question_input("Where is it?", texts[i]);
      CHECK(elements(run(engine, answers, request(question)))[0] == together[i]);
      CHECK(elements(run(engine, entities, request_of({texts[i]}, joined)))[0] == named[i]);
    }
  }
}

TEST_CASE("Requests to understand that make no sense are refused", "[tasks][roles]") {
  Engine engine;
  const int entities = load_task(engine, "ner", "entities");
  const int answers = load_task(engine, "question-answering", "answers");
  const int roles = load_task(engine, "semantic-role-labelling", "roles");
  const auto entity = [&](const std::string& asked) { return refusal(engine, entities, asked); };
  CHECK_THAT(entity(request("\"a\"", R"({"stride": 30})")),
             ContainsSubstring("\"stride\" is 30; a window has 30 tokens"));
  CHECK_THAT(entity(request("\"a\"", R"({"aggregation_strategy": "last"})")),
             ContainsSubstring("\"average\", \"max\" is expected"));
  CHECK_THAT(entity(request("\"a\", [\"b\"]")), ContainsSubstring("inputs[1] is not a string"));
  CHECK_THAT(entity(request("\"a\"", R"({"is_split_into_words": true})")),
             ContainsSubstring("inputs[0] is not an array of words"));
  const auto answer = [&](const std::string& asked) { return refusal(engine, answers, asked); };
  CHECK_THAT(answer(request("\"a\"")), ContainsSubstring("inputs[0] is not an object"));
  CHECK_THAT(answer(request(R"({"question": "a"})")),
             ContainsSubstring("inputs[0].context is not a string"));
  CHECK_THAT(answer(request(question_input("", "a"))), ContainsSubstring("question is empty"));
  CHECK_THAT(answer(request(question_input("a", "b"), R"({"max_seq_len": 49})")),
             ContainsSubstring("\"max_seq_len\" is 49; the model takes at most 48"));
  const auto role = [&](const std::string& rest) {
    return refusal(engine, roles, request(R"({"text": "who met her", )" + rest + "}"));
  };
  CHECK_THAT(role(R"("predicates": [])"), ContainsSubstring("inputs[0].predicates"));
  CHECK_THAT(role(R"("predicates": ["me"])"),
             ContainsSubstring("inputs[0].predicates[0] is no word of the sentence"));
  CHECK_THAT(role(R"("predicates": [1])"), ContainsSubstring("indices go with inputs given as"));
  CHECK_THAT(role(R"("predicates": [{"start": 50, "end": 60}])"), ContainsSubstring("no word"));
  CHECK_THAT(role(R"("predicate": ["met"])"), ContainsSubstring("\"predicate\"; known are text"));
}

TEST_CASE("Only a model that marks spans labels roles", "[tasks][roles]") {
  Engine engine;
  const int model = engine.create_model(R"({"task": "semantic-role-labelling"})");
  std::string config = read_task_file("entities", "config.json");
  for (size_t at = config.find("\"B-"); at != std::string::npos; at = config.find("\"B-")) {
    config.replace(at, 3, "\"X-");
  }
  CHECK_THAT(error_of([&] { engine.add_model_file(model, "config.json", bytes_of(config)); }),
             ContainsSubstring("unsupported-model: Semantic role labelling needs labels"));
}

TEST_CASE("The best path begins no span with its inside", "[tasks][roles]") {
  const BioTags tags({"O", "B-A", "I-A", "I-B"});
  std::vector<float> scores = {-3, -2, -0.1F, -0.2F, -5, -5, -0.1F, -0.01F};
  const View<const float> view(scores.data(), 2, 4);
  CHECK(tags.best_path(view) == std::vector<int>{1, 2});
  const auto spans = tags.spans({1, 2});
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name == "A");
  CHECK(spans[0].end == 2);
}
