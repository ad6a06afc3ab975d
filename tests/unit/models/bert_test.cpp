// BERT against Python on the golden checkpoints, and its promises about batches and errors.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstring>

#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

struct Outputs {
  std::vector<float> hidden;
  std::vector<float> logits;
};

Outputs classify(const EncoderModel& model, std::span<const EncoderInput> inputs, int threads = 1) {
  Engine engine(threads);
  const auto pass = model.start(inputs);
  while (pass->step(engine.context)) engine.arena.reset();
  return {to_floats(pass->hidden()), to_floats(pass->logits())};
}

struct BertCase {
  std::vector<int32_t> ids;
  std::vector<int32_t> types;
  Outputs expected;
  EncoderInput input() const { return {ids, types}; }
};

std::vector<BertCase> read_cases(const std::string& name) {
  const auto document = golden_json(name, "expected.json");
  const Json cases = document->root().at("cases");
  std::vector<BertCase> result;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json item = cases.at(i);
    result.push_back({to_ids(item.at("ids")),
                      to_ids(item.at("type_ids")),
                      {to_floats(item.at("hidden")), to_floats(item.at("logits"))}});
  }
  return result;
}

std::string error_of(const EncoderModel& model, const EncoderInput& input) {
  try {
    model.start({&input, 1});
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("BERT computes the hidden states and logits of Python", "[models][bert]") {
  const auto name = GENERATE(from_range(kBertModels));
  INFO(name);
  const auto model = load_encoder(name, Head::kSequence, WeightType::kFp32);
  for (const BertCase& item : read_cases(name)) {
    INFO(item.ids.size() << " tokens");
    const EncoderInput input = item.input();
    const Outputs actual = classify(*model, {&input, 1});
    CHECK(distance(actual.hidden, item.expected.hidden) < 1e-4F);
    CHECK(distance(actual.logits, item.expected.logits) < 1e-4F);
  }
}

TEST_CASE("BERT gives each text the same bits alone and in a ragged batch", "[models][bert]") {
  const auto name = GENERATE(from_range(kBertModels));
  const auto type = GENERATE(WeightType::kFp32, WeightType::kInt8);
  INFO(name);
  const auto model = load_encoder(name, Head::kSequence, type);
  const std::vector<BertCase> cases = read_cases(name);
  std::vector<EncoderInput> inputs;
  std::vector<float> alone;
  for (const BertCase& item : cases) {
    inputs.push_back(item.input());
    const Outputs outputs = classify(*model, {&inputs.back(), 1});
    alone.insert(alone.end(), outputs.logits.begin(), outputs.logits.end());
  }
  for (const int threads : {1, 2}) {
    const Outputs together = classify(*model, inputs, threads);
    REQUIRE(together.logits.size() == alone.size());
    CHECK(std::memcmp(together.logits.data(), alone.data(), alone.size() * sizeof(float)) == 0);
  }
}

TEST_CASE("BERT in int8 stays close to full precision", "[models][bert][int8]") {
  const auto name = GENERATE(from_range(kBertModels));
  const auto model = load_encoder(name, Head::kSequence, WeightType::kInt8);
  std::vector<float> hidden;
  std::vector<float> expected;
  for (const BertCase& item : read_cases(name)) {
    const EncoderInput input = item.input();
    const Outputs actual = classify(*model, {&input, 1});
    hidden.insert(hidden.end(), actual.hidden.begin(), actual.hidden.end());
    expected.insert(expected.end(), item.expected.hidden.begin(), item.expected.hidden.end());
  }
  INFO(name << ", relative error " << relative_error(hidden, expected));
  CHECK(relative_error(hidden, expected) < 0.06F);
}

TEST_CASE("BERT holds its packed weights and little else", "[models][bert]") {
  const auto full = load_encoder("bert-gelu", Head::kSequence, WeightType::kFp32);
  const auto small = load_encoder("bert-gelu", Head::kSequence, WeightType::kInt8);
  const size_t file = read_golden("bert-gelu", "model.safetensors").size();
  CHECK(full->packed_bytes() > file / 2);
  CHECK(full->packed_bytes() < 2 * file);  // outputs are padded to panels of 16
  CHECK(small->packed_bytes() < full->packed_bytes() / 2);
}

TEST_CASE("BERT refuses inputs it cannot take and says why", "[models][bert]") {
  const auto model = load_encoder("bert-gelu", Head::kSequence, WeightType::kFp32);
  const std::vector<int32_t> good = {1, 2, 3};
  const std::vector<int32_t> outside = {1, 61};
  const std::vector<int32_t> negative = {-1};
  const std::vector<int32_t> types = {0, 1};
  const std::vector<int32_t> bad_types = {0, 1, 2};
  const std::vector<int32_t> longest(48, 5);
  const std::vector<int32_t> too_long(49, 5);
  CHECK(error_of(*model, {good, {}}).empty());
  CHECK(error_of(*model, {longest, {}}).empty());
  CHECK(error_of(*model, {{}, {}}) == "invalid-argument: A sequence has no tokens.");
  CHECK(error_of(*model, {outside, {}}) ==
        "invalid-argument: The token id 61 at position 1 lies outside 0 to 60.");
  CHECK(error_of(*model, {negative, {}}).starts_with("invalid-argument: The token id -1 "));
  CHECK(error_of(*model, {good, bad_types}) ==
        "invalid-argument: The token type id 2 at position 2 lies outside 0 to 1.");
  CHECK(error_of(*model, {good, types}) ==
        "invalid-argument: 2 token type ids were given for 3 tokens.");
  CHECK(error_of(*model, {too_long, {}}) ==
        "input-too-long: The text has 49 tokens; the model takes at most 48.");
}

}  // namespace dragoman::test
