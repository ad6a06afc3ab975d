// Decoders alone against Python on the golden checkpoints: every position of given texts, taken in
// at once, in pieces, and token by token.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

struct CausalCase {
  std::vector<int32_t> ids;
  std::vector<float> logits;  // [ids, vocabulary]
};

std::vector<CausalCase> read_cases(const std::string& name) {
  const auto document = golden_json(name, "expected.json");
  const Json cases = document->root().at("cases");
  std::vector<CausalCase> result;
  for (size_t i = 0; i < cases.size(); ++i) {
    result.push_back({to_ids(cases.at(i).at("ids")), to_floats(cases.at(i).at("logits"))});
  }
  return result;
}

// Takes `prompt` tokens of every case in at once and decodes the others one by one.
// @returns per case the logits from token `prompt` - 1 on
std::vector<std::vector<float>> force(const Seq2SeqModel& model, std::span<const CausalCase> cases,
                                      size_t prompt, int threads = 1) {
  Engine engine(threads);
  const auto session = model.start_session();
  std::vector<int32_t> handles;
  std::vector<std::span<const int32_t>> rest;
  for (const CausalCase& item : cases) {
    const std::span<const int32_t> ids = item.ids;
    const size_t count = std::min(prompt, ids.size());
    handles.push_back(session->add_source(ids.first(count)));
    rest.push_back(ids.subspan(count - 1));
  }
  while (session->encode_step(engine.context)) engine.arena.reset();
  return decode_given(engine, *session, handles, rest);
}

}  // namespace

TEST_CASE("Decoders alone compute Python's logits", "[models][causal]") {
  const auto name = GENERATE(from_range(kCausalModels));
  const auto prompt = GENERATE(size_t{1}, size_t{4}, size_t{100});
  INFO(name << ", " << prompt << " tokens taken in at once");
  const auto model = load_causal(name, WeightType::kFp32);
  for (const CausalCase& item : read_cases(name)) {
    const auto actual = force(*model, {&item, 1}, prompt)[0];
    REQUIRE(actual.size() <= item.logits.size());
    const std::span<const float> expected = std::span(item.logits).last(actual.size());
    CHECK(distance(actual, expected) < 1e-4F);
  }
}

TEST_CASE("Each prompt gets the same bits alone and in a batch", "[models][causal]") {
  const auto name = GENERATE(from_range(kCausalModels));
  const auto type = GENERATE(WeightType::kFp32, WeightType::kInt8, WeightType::kInt4);
  INFO(name);
  const auto model = load_causal(name, type);
  const std::vector<CausalCase> cases = read_cases(name);
  const auto together = force(*model, cases, 3);
  const auto threaded = force(*model, cases, 3, 2);
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto alone = force(*model, {&cases[i], 1}, 3);
    CHECK(together[i] == alone[0]);
    CHECK(threaded[i] == alone[0]);
  }
}

TEST_CASE("Decoders in int8 and int4 stay close to full precision", "[models][causal][int8]") {
  const auto name = GENERATE(from_range(kCausalModels));
  const auto type = GENERATE(WeightType::kInt8, WeightType::kInt4);
  const auto model = load_causal(name, type);
  const std::vector<CausalCase> cases = read_cases(name);
  std::vector<float> all;
  std::vector<float> expected;
  const auto actual = force(*model, cases, 1);
  for (size_t i = 0; i < cases.size(); ++i) {
    all.insert(all.end(), actual[i].begin(), actual[i].end());
    expected.insert(expected.end(), cases[i].logits.begin(), cases[i].logits.end());
  }
  const float error = relative_error(all, expected);
  INFO(name << ": relative error " << error);
  // Rows of 16 to 24 values: one rounding weighs much.
  CHECK(error < (type == WeightType::kInt8 ? 0.2F : 0.5F));
}

TEST_CASE("Caches of int8 change logits little, and the same in any company", "[models][causal]") {
  const auto name = GENERATE(from_range(kCausalModels));
  INFO(name);
  const auto exact = load_causal(name, WeightType::kFp32);
  const auto narrow = load_causal(name, WeightType::kFp32, true);
  const std::vector<CausalCase> cases = read_cases(name);
  const auto expected = force(*exact, cases, 1);
  const auto together = force(*narrow, cases, 1);
  for (size_t i = 0; i < cases.size(); ++i) {
    CHECK(relative_error(together[i], expected[i]) < 0.03F);
    CHECK(force(*narrow, {&cases[i], 1}, 1)[0] == together[i]);
    // Taken in at once, the sums are the same but for their order.
    const auto pieces = force(*narrow, {&cases[i], 1}, 100)[0];
    CHECK(relative_error(pieces, std::span(together[i]).last(pieces.size())) < 0.02F);
  }
}

TEST_CASE("SmolLM's 135 million parameters take 95 MB as int4", "[models][causal][int4]") {
  const auto document = parse_config(
      R"({"model_type": "llama", "hidden_size": 576, "num_hidden_layers": 30,
          "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
          "vocab_size": 49152, "max_position_embeddings": 2048, "tie_word_embeddings": true})");
  const TransformerConfig config = read_config(document->root());
  const size_t int4 = make_causal_model(config, WeightType::kInt4)->packed_bytes();
  const size_t int8 = make_causal_model(config, WeightType::kInt8)->packed_bytes();
  CHECK(int4 < 96'000'000);
  CHECK(int4 > 90'000'000);
  CHECK(int8 > 134'000'000);
}

TEST_CASE("A prompt longer than a batch is taken in in pieces", "[models][causal]") {
  const auto model = load_causal("mistral", WeightType::kFp32);
  Engine engine;
  const auto session = model->start_session();
  const std::vector<int32_t> ids(48, 9);
  CHECK_THROWS_AS(session->add_source(std::vector<int32_t>(49, 9)), Error);
  CHECK_THROWS_AS(session->add_source(std::vector<int32_t>{1, 1000}), Error);
  const int32_t first = session->add_source(ids);
  const int32_t second = session->add_source(ids);
  session->release(second);
  while (session->encode_step(engine.context)) engine.arena.reset();
  const DecodeRow row{first, -1, ids.back()};
  CHECK(session->decode(engine.context, {&row, 1}).rows == 1);
  const DecodeRow beyond{first, 0, 3};
  CHECK_THROWS_AS(session->decode(engine.context, {&beyond, 1}), Error);
  session->release(first);
  CHECK_THROWS_AS(session->decode(engine.context, {&row, 1}), Error);
}

}  // namespace dragoman::test
