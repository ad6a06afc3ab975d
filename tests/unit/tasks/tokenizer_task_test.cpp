// A tokenizer through the engine, without a network. What Python gives is compared in
// tests/node/tokenizer.test.ts.
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

#include "unit/tasks/task_models.hpp"

namespace dragoman::test {

namespace {

int load_tokenizer_task(Engine& engine) {
  const int model = engine.create_model(R"({"task": "tokenizer"})");
  for (const char* name : {"config.json", "tokenizer_config.json", "vocab.txt"}) {
    const std::string file = read_task_file("bert", name);
    engine.add_model_file(model, name, bytes_of(file));
  }
  engine.finish_model(model);
  return model;
}

}  // namespace

TEST_CASE("A tokenizer wants no weights, and its files in any order", "[tasks]") {
  Engine engine;
  const int model = engine.create_model(R"({"task": "tokenizer"})");
  CHECK(engine.model_file_names(model).find(R"("required":[],"optional":["config.json")") == 1);
  CHECK(engine.model_file_names(model).ends_with(R"("weights":[]})"));
  const std::string vocab = read_task_file("bert", "vocab.txt");
  engine.add_model_file(model, "vocab.txt", bytes_of(vocab));
  const std::string config = read_task_file("bert", "config.json");
  engine.add_model_file(model, "config.json", bytes_of(config));
  CHECK(engine.finish_model(model).find(R"("cls_token":"[CLS]")") != std::string::npos);
}

TEST_CASE("Texts are padded to the longest", "[tasks]") {
  Engine engine;
  const int model = load_tokenizer_task(engine);
  const int job = engine.start_job(model, R"({"inputs": ["the", ""], "options": {
      "padding": true, "return_token_type_ids": false}})");
  while (engine.step_job(job)) {
  }
  CHECK(engine.job_result(job) == R"({"lengths":0,"input_ids":1,"attention_mask":2})");
  const JsonDocument places(engine.job_attachments(job), "places", ErrorCode::kInternal);
  const auto numbers = [&](size_t index) {
    const Json place = places.root().at(index);
    const auto* begin = reinterpret_cast<const int32_t*>(place.at(size_t{0}).as_uint());
    return std::vector<int32_t>(begin, begin + place.at(size_t{1}).as_uint() / sizeof(int32_t));
  };
  CHECK(numbers(0) == std::vector<int32_t>{3, 3});
  CHECK(numbers(2) == std::vector<int32_t>{1, 1, 1, 1, 1, 0});
}

TEST_CASE("A request for an unknown action or option is refused", "[tasks]") {
  Engine engine;
  const int model = load_tokenizer_task(engine);
  const auto refused = [&](const char* request, const char* code) {
    return error_of([&] { engine.start_job(model, request); }).starts_with(code);
  };
  CHECK(refused(R"({"action": "sing", "inputs": []})", "invalid-argument"));
  CHECK(refused(R"({"inputs": [], "options": {"pad": 1}})", "unsupported-option"));
  CHECK(refused(R"({"inputs": [], "sing": 1})", "invalid-argument"));
}

}  // namespace dragoman::test
