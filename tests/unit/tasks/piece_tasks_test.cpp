// Tasks of models whose tokenizers are byte-level BPE and Unigram, against Python's pipelines.
#include <catch2/catch_test_macros.hpp>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;

namespace {

// The members of a case's input, as one.
std::string question_of(Json test) {
  return R"({"question": )" + json_of(test.at("question")) + R"(, "context": )" +
         json_of(test.at("context")) + "}";
}

// Runs the cases of a folder that are of `kind`, or all; at least `least` there must be.
void check_pieces(const std::string& folder, const std::string& task, size_t least,
                  const std::string& kind = "") {
  Engine engine;
  const int model = load_task(engine, task, "piece-" + folder);
  const JsonDocument cases(read_task_file("piece-" + folder, "cases.json"), "cases",
                           ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  size_t count = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const Json test = list.at(i);
    if (test.get_string("kind", "") != kind) continue;
    ++count;
    std::string input = test.has("question") ? question_of(test) : "";
    if (input.empty()) input = json_of(test.at(test.has("input") ? "input" : "text"));
    std::string options = json_of(test.at("options"));
    if (test.has("labels")) {
      options.insert(
          1, R"("candidate_labels": )" + json_of(test.at("labels")) + (options == "{}" ? "" : ","));
    }
    const std::string request = R"({"inputs": [)" + input + R"(], "options": )" + options + "}";
    INFO(request);
    const JsonDocument result(run(engine, model, request), "result", ErrorCode::kInternal);
    CHECK(difference(test.at("result"), result.root().at(0), "") == "");
  }
  CHECK(count >= least);
}

}  // namespace

TEST_CASE("Masks of RoBERTa are filled as by Python's pipeline", "[tasks][pieces]") {
  check_pieces("roberta-mask", "fill-mask", 6);
}

TEST_CASE("Entities of byte-level and Unigram tokens are those of Python", "[tasks][pieces]") {
  for (const std::string family : {"roberta", "xlm-roberta", "deberta"}) {
    check_pieces(family + "-entities", "token-classification", 44);
  }
}

TEST_CASE("Answers of byte-level and Unigram tokens are those of Python", "[tasks][pieces]") {
  for (const std::string family : {"roberta", "xlm-roberta", "albert"}) {
    check_pieces(family + "-answers", "question-answering", 15);
  }
}

TEST_CASE("RoBERTa reads pairs and hypotheses as Python does", "[tasks][pieces]") {
  check_pieces("roberta-labels", "text-classification", 8, "pairs");
  check_pieces("roberta-labels", "zero-shot-classification", 6, "zero-shot");
}
