// The same weights in every form they are published in: packed, they are the same bytes.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;

namespace {

std::string read_checkpoint(const std::string& path) {
  return read_task_file("../checkpoints", path);
}

void feed(Engine& engine, int model, const std::string& folder, const std::string& file,
          size_t piece) {
  const std::string weights = read_checkpoint(folder + "/" + file);
  engine.begin_weights(model, file, piece % 2 == 0 ? weights.size() : 0);
  const std::span<const uint8_t> bytes = bytes_of(weights);
  for (size_t begin = 0; begin < bytes.size(); begin += piece) {
    engine.feed_weights(model, bytes.subspan(begin, std::min(piece, bytes.size() - begin)));
  }
  engine.end_weights(model);
}

std::string regions_of(Engine& engine, int model) {
  std::string bytes;
  const JsonDocument document(engine.packed_regions(model), "regions", ErrorCode::kInternal);
  const Json regions = document.root().at("regions");
  for (size_t i = 0; i < regions.size(); ++i) {
    const auto address = static_cast<uintptr_t>(regions.at(i).at(size_t{0}).as_int());
    bytes.append(reinterpret_cast<const char*>(address),
                 static_cast<size_t>(regions.at(i).at(size_t{1}).as_int()));
  }
  return bytes;
}

// A complete model.
int load(Engine& engine, const std::string& folder, const std::string& file,
         const std::string& dtype, size_t piece = 4096) {
  const bool is_bert = folder == "bert";
  const int model = engine.create_model(
      R"({"task": ")" + std::string(is_bert ? "text-classification" : "translation") +
      R"(", "dtype": ")" + dtype + R"("})");
  engine.add_model_file(model, "config.json", bytes_of(read_checkpoint(folder + "/config.json")));
  const std::vector<std::string> tokenizer =
      is_bert ? std::vector<std::string>{"vocab.txt"}
              : std::vector<std::string>{"source.spm", "target.spm", "vocab.json"};
  for (const std::string& name : tokenizer) {
    engine.add_model_file(model, name, bytes_of(read_task_file(is_bert ? "bert" : "marian", name)));
  }
  if (file.ends_with(".index.json")) {
    engine.add_model_file(model, file, bytes_of(read_checkpoint(folder + "/" + file)));
    for (const std::string& shard : elements(engine.weight_shards(model))) {
      feed(engine, model, folder, shard.substr(1, shard.size() - 2), piece);
    }
  } else {
    feed(engine, model, folder, file, piece);
  }
  engine.finish_model(model);
  return model;
}

// The packed weights of a model that is complete.
std::string packed(const std::string& folder, const std::string& file, const std::string& dtype,
                   size_t piece = 4096) {
  Engine engine;
  return regions_of(engine, load(engine, folder, file, dtype, piece));
}

// A model's weights as the engine writes them, in pieces of `piece` bytes.
std::string written(Engine& engine, int model, size_t piece) {
  const uint64_t size = engine.begin_export(model);
  std::string bytes;
  std::vector<uint8_t> buffer(piece);
  while (const size_t count = engine.read_export(model, buffer)) {
    bytes.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  CHECK(bytes.size() == size);
  return bytes;
}

}  // namespace

TEST_CASE("Checkpoints of torch pack to what safetensors do", "[tasks][torch]") {
  const std::pair<const char*, const char*> forms[] = {
      {"marian", "pytorch_model.bin"},
      {"marian", "views.bin"},
      {"marian", "legacy.bin"},
      {"marian-f16", "pytorch_model.bin"},
      {"marian-bf16", "pytorch_model.bin"},
      {"bert", "pytorch_model.bin"},
  };
  for (const char* dtype : {"fp32", "int8"}) {
    for (const auto& [folder, file] : forms) {
      INFO(folder << "/" << file << " as " << dtype);
      const std::string expected = packed(folder, "model.safetensors", dtype);
      for (const size_t piece : {size_t{1}, size_t{97}, size_t{1} << 20}) {
        CHECK((packed(folder, file, dtype, piece) == expected));
      }
    }
  }
}

TEST_CASE("Shards pack to what the whole does", "[tasks][shards]") {
  const std::string expected = packed("marian", "model.safetensors", "int8");
  CHECK((packed("marian-shards-safetensors", "model.safetensors.index.json", "int8") == expected));
  CHECK((packed("marian-shards-bin", "pytorch_model.bin.index.json", "int8") == expected));
}

TEST_CASE("Weights that were written pack to the same bytes again", "[tasks][pack]") {
  const std::pair<const char*, const char*> sources[] = {
      {"../tasks/marian", "model.safetensors"},
      {"marian", "pytorch_model.bin"},
      {"marian-f16", "model.safetensors"},
      {"marian-bf16", "pytorch_model.bin"},
      {"../models/marian-int8", "model.safetensors"},
      {"bert", "pytorch_model.bin"},
  };
  for (const auto& [folder, file] : sources) {
    INFO(folder);
    Engine engine;
    const int model = load(engine, folder, file, "int8");
    const std::string bytes = written(engine, model, 1000);
    CHECK((written(engine, model, 1) == bytes));
    engine.delete_model(model);
    const int again = load(engine, folder, file, "int8");
    const std::string expected = regions_of(engine, again);
    // A fresh model, filled from what was written only.
    Engine other;
    const int copy =
        other.create_model(std::string(folder) == "bert" ? R"({"task": "text-classification"})"
                                                         : R"({"task": "translation"})");
    other.add_model_file(copy, "config.json",
                         bytes_of(read_checkpoint(std::string(folder) + "/config.json")));
    feed_model(other, copy, bytes, 77);
    CHECK((regions_of(other, copy) == expected));
    // As if the file had been lost: nothing is equal by being empty.
    CHECK(expected.find_first_not_of('\0') != std::string::npos);
  }
}

TEST_CASE("Only complete models of int8 are written", "[tasks][pack]") {
  Engine engine;
  const int exact = load(engine, "marian", "model.safetensors", "fp32");
  CHECK(error_of([&] { engine.begin_export(exact); }).starts_with("unsupported-option: "));
  CHECK(error_of([&] { engine.read_export(exact, {}); }).starts_with("invalid-argument: "));
  const int begun = begin_model(engine, "marian", "int8");
  CHECK(error_of([&] { engine.begin_export(begun); }).starts_with("invalid-argument: "));
}

TEST_CASE("Every prefix of a checkpoint that torch wrote is refused", "[tasks][torch]") {
  for (const std::string file : {"pytorch_model.bin", "legacy.bin"}) {
    const std::string whole = read_checkpoint("marian/" + file);
    const std::string config = read_checkpoint("marian/config.json");
    for (size_t length = 0; length < whole.size(); length += 1 + length / 97) {
      Engine engine;
      const int model = engine.create_model(R"({"task": "translation"})");
      engine.add_model_file(model, "config.json", bytes_of(config));
      const std::string message = error_of([&] {
        engine.begin_weights(model, file, 0);
        engine.feed_weights(model, bytes_of(whole).first(length));
        engine.end_weights(model);
      });
      if (!message.starts_with("model-format: " + file)) FAIL(length << ": " << message);
    }
  }
}
