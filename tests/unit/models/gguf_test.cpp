// GGUF files against Python: logits of the weights as the file has them, tokenizers, and what is
// refused.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <fstream>
#include <iterator>
#include <random>

#include "formats/gguf.hpp"
#include "models/gguf.hpp"
#include "nn/linear.hpp"
#include "text/tokenizer.hpp"
#include "unit/errors.hpp"
#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

const std::vector<std::string> kFiles = {"gpt2-q8_0", "gpt2-q4_0",  "llama-f16", "llama-q4_0",
                                         "llama-k",   "qwen2-q8_0", "qwen3-f16", "gemma-f16"};

std::string read_file(const std::string& name) {
  std::ifstream file(std::string(DRAGOMAN_GOLDEN_DIR) + "/gguf/" + name, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Loaded {
  std::unique_ptr<Seq2SeqModel> model;
  std::map<std::string, std::string, std::less<>> files;
};

Loaded load(const std::string& bytes, WeightType type, size_t piece, bool known_size = true) {
  Loaded loaded;
  GgufReader reader("m.gguf", known_size ? bytes.size() : 0,
                    [&](const GgufHeader& header) -> SlotTable& {
                      loaded.files = gguf_files(header);
                      loaded.model = make_causal_model(read_gguf_config(header), type);
                      return loaded.model->slots();
                    });
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(as_bytes(bytes).subspan(at, std::min(piece, bytes.size() - at)));
  }
  reader.finish();
  loaded.model->finish();
  return loaded;
}

std::vector<float> logits_of(const Seq2SeqModel& model, const std::vector<int32_t>& ids) {
  Engine engine;
  const auto session = model.start_session();
  const int32_t source = session->add_source({ids.data(), 1});
  const std::span<const int32_t> all(ids);
  const auto logits = decode_given(engine, *session, {&source, 1}, {&all, 1})[0];
  std::vector<float> first;  // columns of those that the golden has
  const auto vocabulary = static_cast<size_t>(model.config().vocab_size);
  for (size_t row = 0; row < ids.size(); ++row) {
    const auto begin = logits.begin() + static_cast<ptrdiff_t>(row * vocabulary);
    first.insert(first.end(), begin, begin + 40);
  }
  return first;
}

// Largest distance, and relative error, over the cases of a file.
std::pair<float, float> errors_of(const std::string& name, const Seq2SeqModel& model) {
  const JsonDocument document(read_file(name + ".json"), name, ErrorCode::kInternal);
  const Json cases = document.root().at("cases");
  std::vector<float> actual;
  std::vector<float> expected;
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto own = logits_of(model, to_ids(cases.at(i).at("ids")));
    const auto theirs = to_floats(cases.at(i).at("logits"));
    actual.insert(actual.end(), own.begin(), own.end());
    expected.insert(expected.end(), theirs.begin(), theirs.end());
  }
  return {distance(actual, expected), relative_error(actual, expected)};
}

}  // namespace

TEST_CASE("GGUF files give Python's logits of the same weights", "[models][gguf]") {
  const auto name = GENERATE(from_range(kFiles));
  const auto piece = GENERATE(size_t{700}, size_t{1} << 20);
  INFO(name << " in pieces of " << piece);
  const Loaded loaded = load(read_file(name + ".gguf"), WeightType::kFp32, piece);
  CHECK(errors_of(name, *loaded.model).first < 1e-4F);
}

TEST_CASE("GGUF files quantised again stay close", "[models][gguf]") {
  const auto name = GENERATE(from_range(kFiles));
  INFO(name);
  const std::string bytes = read_file(name + ".gguf");
  const Loaded int8 = load(bytes, WeightType::kInt8, 4096);
  CHECK(errors_of(name, *int8.model).second < 0.2F);  // rows are short: a rounding weighs much
  const Loaded int4 = load(bytes, WeightType::kInt4, 4096);
  CHECK(errors_of(name, *int4.model).second < (name.ends_with("q4_0") ? 0.2F : 0.5F));
}

TEST_CASE("Groups of Q4_0 are held under int4 as the file has them", "[models][gguf]") {
  const std::string bytes = read_file("llama-q4_0.gguf");
  const auto header = GgufHeader::read(as_bytes(bytes), bytes.size(), "m.gguf");
  REQUIRE(header);
  const GgufTensor* tensor = header->tensor("blk.1.ffn_down.weight");
  REQUIRE(tensor != nullptr);
  Linear layer(96, 64, WeightType::kInt4, OperandRole::kWeights7, false);
  SlotTable table;
  table.add(tensor->name, layer.weight_slot());
  table.ignore("*");
  GgufReader reader("m.gguf", bytes.size(), [&](const GgufHeader&) -> SlotTable& { return table; });
  reader.feed(as_bytes(bytes));
  reader.finish();
  const auto data =
      as_bytes(bytes).subspan(static_cast<size_t>(header->data_begin() + tensor->begin));
  std::vector<float> held(96);
  std::vector<float> expected(96);
  for (size_t row = 0; row < 64; ++row) {
    read_gguf_row(*tensor->type, data.subspan(row * 54, 54), expected);
    layer.weight_row(static_cast<int>(row), held);
    CHECK(held == expected);
  }
}

TEST_CASE("The tokenizer in a GGUF file is the one it was made of", "[models][gguf]") {
  const auto name = GENERATE(from_range(kFiles));
  const std::string bytes = read_file(name + ".gguf");
  const auto header = GgufHeader::read(as_bytes(bytes), bytes.size(), "m.gguf");
  REQUIRE(header);
  const auto files = gguf_files(*header);
  const auto tokenizer = load_tokenizer(files, read_gguf_config(*header).model_type);
  const JsonDocument document(read_file(name + ".json"), name, ErrorCode::kInternal);
  const Json texts = document.root().at("texts");
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string text(texts.at(i).at("text").as_string());
    INFO(name << ": " << text);
    const auto ids = tokenizer->encode(text, std::nullopt, {}).ids;
    CHECK(ids == to_ids(texts.at(i).at("ids")));
    CHECK(tokenizer->decode(ids, true) == texts.at(i).at("decoded").as_string());
  }
  const bool pieces = name.starts_with("llama-f") || name.starts_with("gemma");
  const std::string& config = files.at("tokenizer_config.json");
  if (pieces) CHECK(config.find("{{ m.content }}") != std::string::npos);
}

TEST_CASE("The head of a GGUF file alone makes the network and its places", "[models][gguf]") {
  const std::string bytes = read_file("llama-k.gguf");
  const auto whole = GgufHeader::read(as_bytes(bytes), bytes.size(), "m.gguf");
  REQUIRE(whole);
  const auto head = as_bytes(bytes).first(static_cast<size_t>(whole->data_begin()));
  const auto again = GgufHeader::read(head, 0, "m.gguf");
  REQUIRE(again);
  CHECK(gguf_files(*again) == gguf_files(*whole));
  const Loaded loaded = load(bytes, WeightType::kInt4, 1 << 20);
  const auto empty = make_causal_model(read_gguf_config(*again), WeightType::kInt4);
  const auto from = loaded.model->slots().regions();
  const auto to = empty->slots().regions();
  REQUIRE(from.size() == to.size());
  for (size_t i = 0; i < from.size(); ++i) {
    REQUIRE(from[i].size() == to[i].size());
    std::copy(from[i].begin(), from[i].end(), to[i].begin());
  }
  CHECK(logits_of(*empty, {1, 5, 9, 30}) == logits_of(*loaded.model, {1, 5, 9, 30}));
}

TEST_CASE("Damaged GGUF files end in errors that name them", "[models][gguf][fuzz]") {
  constexpr uint32_t kSeed = 20261128;
  std::mt19937 random(kSeed);
  const auto draw = [&](size_t below) { return static_cast<size_t>(random() % below); };
  const std::vector<std::string> healthy = {read_file("llama-q4_0.gguf"),
                                            read_file("gpt2-q8_0.gguf")};
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = healthy[draw(2)];
    // Most of what can go wrong stands in the first kilobyte and at the end of the head.
    const size_t reach = draw(3) == 0 ? bytes.size() : draw(2) == 0 ? 900 : 12000;
    for (size_t flips = 1 + draw(4); flips > 0; --flips) {
      const uint8_t values[] = {0, 255, 127, static_cast<uint8_t>(draw(256))};
      bytes[draw(reach)] = static_cast<char>(values[draw(4)]);
    }
    if (draw(8) == 0) bytes.resize(draw(bytes.size()));
    const bool known_size = draw(2) == 0;
    const std::string message = error_of([&] {
      const Loaded loaded = load(bytes, WeightType::kInt4, 1 + draw(5000), known_size);
      load_tokenizer(loaded.files, loaded.model->config().model_type);
    });
    refused += static_cast<int>(!message.empty());
    const bool typed =
        message.empty() || message.starts_with("model-format: ") ||
        message.starts_with("unsupported-model: ") || message.starts_with("model-incomplete: ") ||
        message.starts_with("out-of-memory: ") || message.starts_with("tokenizer-format: ");
    if (!typed) FAIL("round " << round << " of seed " << kSeed << ": " << message);
  }
  CHECK(refused > 200);
}

}  // namespace dragoman::test
