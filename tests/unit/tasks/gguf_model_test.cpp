// A model that is one GGUF file, through the engine: loaded from it, and from its head and packed
// weights.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>
#include <fstream>
#include <iterator>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

std::string read_gguf(const std::string& name) {
  const std::string path = std::string(DRAGOMAN_GOLDEN_DIR) + "/gguf/" + name + ".gguf";
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string spec_of(const std::string& dtype) {
  return R"({"task": "text-generation", "dtype": ")" + dtype + "\"}";
}

// @returns the bytes of the head
size_t feed(Engine& engine, int model, const std::string& bytes) {
  constexpr size_t kPiece = 10'000;
  uint64_t head = 0;
  engine.begin_weights(model, "m.gguf", bytes.size());
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    engine.feed_weights(model, bytes_of(bytes.substr(at, kPiece)));
    if (head == 0) head = engine.head_bytes(model);
  }
  engine.end_weights(model);
  return static_cast<size_t>(head);
}

std::vector<Region> regions_of(Engine& engine, int model) {
  const JsonDocument document(engine.packed_regions(model), "regions", ErrorCode::kInternal);
  std::vector<Region> regions;
  const Json list = document.root().at("regions");
  for (size_t i = 0; i < list.size(); ++i) {
    const auto address = static_cast<uintptr_t>(list.at(i).at(0).as_int());
    regions.emplace_back(reinterpret_cast<uint8_t*>(address),
                         static_cast<size_t>(list.at(i).at(1).as_int()));
  }
  return regions;
}

std::string answer(Engine& engine, int model) {
  return run(engine, model, request_of({"the rain"}, R"({"max_new_tokens": 6})"));
}

}  // namespace

TEST_CASE("A GGUF file makes a model, and so do its head and packed weights", "[tasks][gguf]") {
  for (const std::string name : {"llama-q4_0", "gpt2-q8_0", "llama-k"}) {
    for (const std::string dtype : {"int4", "int8", "fp32"}) {
      INFO(name << " as " << dtype);
      Engine engine;
      const std::string bytes = read_gguf(name);
      const int cold = engine.create_model(spec_of(dtype));
      const size_t head = feed(engine, cold, bytes);
      REQUIRE(head > 0);
      CHECK_THAT(engine.finish_model(cold), ContainsSubstring("\"dtype\":\"" + dtype + "\""));
      const std::string expected = answer(engine, cold);
      CHECK_THAT(expected, ContainsSubstring("\"token_count\":6"));

      const int warm = engine.create_model(spec_of(dtype));
      engine.add_model_file(warm, "m.gguf", bytes_of(bytes.substr(0, head)));
      const auto from = regions_of(engine, cold);
      const auto to = regions_of(engine, warm);
      REQUIRE(from.size() == to.size());
      for (size_t i = 0; i < from.size(); ++i) {
        REQUIRE(from[i].size() == to[i].size());
        std::memcpy(to[i].data(), from[i].data(), from[i].size());
      }
      engine.adopt_packed(warm);
      engine.finish_model(warm);
      CHECK(answer(engine, warm) == expected);
    }
  }
}

TEST_CASE("A GGUF file is not for other tasks, nor beside config.json, nor packed again",
          "[tasks][gguf]") {
  Engine engine;
  const std::string bytes = read_gguf("gpt2-q8_0");
  const int other = engine.create_model(R"({"task": "translation"})");
  CHECK_THAT(error_of([&] { feed(engine, other, bytes); }), StartsWith("unsupported-model: "));
  const int both = engine.create_model(spec_of("int8"));
  engine.add_model_file(both, "config.json", bytes_of(read_task_file("gpt2", "config.json")));
  CHECK_THAT(error_of([&] { feed(engine, both, bytes); }), ContainsSubstring("not from both"));
  const int cut = engine.create_model(spec_of("int8"));
  CHECK_THAT(error_of([&] { engine.add_model_file(cut, "m.gguf", bytes_of(bytes.substr(0, 99))); }),
             StartsWith("model-format: m.gguf ends within its head"));
  const int whole = engine.create_model(spec_of("int8"));
  feed(engine, whole, bytes);
  engine.finish_model(whole);
  CHECK_THAT(error_of([&] { engine.begin_export(whole); }),
             StartsWith("unsupported-option: Models are packed from safetensors"));
}
