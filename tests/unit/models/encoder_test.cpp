// Every encoder family with every head against Python, and what all of them promise.
#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "formats/safetensors_writer.hpp"
#include "unit/errors.hpp"
#include "unit/models/encoder_golden.hpp"

namespace dragoman::test {
namespace {

// Logits, or the encoder's output where there is no head.
std::vector<float> answer(const EncoderPass& pass, Head head) {
  return to_floats(head == Head::kNone ? pass.hidden() : pass.logits());
}

std::vector<float> expected_answer(const EncoderCase& item, Head head) {
  return head == Head::kNone ? item.hidden : item.logits;
}

}  // namespace

TEST_CASE("Encoders compute what Python computes", "[models][encoder]") {
  const EncoderGolden golden = GENERATE(from_range(kEncoderGoldens));
  INFO(golden.name);
  const auto model = load_encoder(golden, WeightType::kFp32);
  for (const EncoderCase& item : encoder_cases(golden.name)) {
    INFO(item.ids.size() << " tokens");
    const EncoderInput input = item.input();
    const auto pass = run(*model, {&input, 1});
    CHECK(distance(answer(*pass, golden.head), expected_answer(item, golden.head)) < 1e-4F);
    if (golden.head == Head::kNone) CHECK(pass->logits().rows == 0);
  }
}

TEST_CASE("Encoders keep Python's hidden states and attentions", "[models][encoder]") {
  const EncoderGolden golden = GENERATE(from_range(kEncoderGoldens));
  INFO(golden.name);
  const std::vector<EncoderCase> cases = encoder_cases(golden.name);
  if (golden.head != Head::kNone) {
    CHECK(cases[0].hidden_states.empty());
    return;
  }
  const auto model = load_encoder(golden, WeightType::kFp32);
  const std::vector<EncoderInput> inputs = {cases[1].input(), cases[0].input(), cases[2].input()};
  const auto pass = run(*model, inputs, {.attentions = true, .hidden_states = true});
  const EncoderCase& item = cases[0];
  const auto rows = static_cast<int>(item.ids.size());
  const auto before = static_cast<int>(cases[1].ids.size());
  REQUIRE(!item.hidden_states.empty());
  for (size_t i = 0; i < item.hidden_states.size(); ++i) {
    const View<const float> all = pass->hidden_states(static_cast<int>(i));
    INFO("hidden state " << i);
    CHECK(distance(to_floats(all.block(before, rows)), item.hidden_states[i]) < 1e-4F);
  }
  REQUIRE(!item.attentions.empty());
  for (size_t i = 0; i < item.attentions.size(); ++i) {
    INFO("attention " << i);
    const View<const float> kept = pass->attentions(1, static_cast<int>(i));
    CHECK(distance(to_floats(kept), item.attentions[i]) < 1e-4F);
  }
}

TEST_CASE("Encoders give each text the same bits alone and in a batch", "[models][encoder]") {
  const EncoderGolden golden = GENERATE(from_range(kEncoderGoldens));
  const auto type = GENERATE(WeightType::kFp32, WeightType::kInt8);
  INFO(golden.name);
  const auto model = load_encoder(golden, type);
  const std::vector<EncoderCase> cases = encoder_cases(golden.name);
  std::vector<EncoderInput> inputs;
  std::vector<float> alone;
  for (const EncoderCase& item : cases) {
    inputs.push_back(item.input());
    const std::vector<float> values = answer(*run(*model, {&inputs.back(), 1}), golden.head);
    alone.insert(alone.end(), values.begin(), values.end());
  }
  for (const int threads : {1, 2}) {
    CHECK(answer(*run(*model, inputs, {}, threads), golden.head) == alone);
    const PassOptions kept{.attentions = true, .hidden_states = true};
    CHECK(answer(*run(*model, inputs, kept, threads), golden.head) == alone);
  }
}

TEST_CASE("Encoders in int8 stay close to full precision", "[models][encoder][int8]") {
  const EncoderGolden golden = GENERATE(from_range(kEncoderGoldens));
  const auto model = load_encoder(golden, WeightType::kInt8);
  std::vector<float> all;
  std::vector<float> expected;
  for (const EncoderCase& item : encoder_cases(golden.name)) {
    const EncoderInput input = item.input();
    const std::vector<float> values = answer(*run(*model, {&input, 1}), golden.head);
    const std::vector<float> wanted = expected_answer(item, golden.head);
    all.insert(all.end(), values.begin(), values.end());
    expected.insert(expected.end(), wanted.begin(), wanted.end());
  }
  INFO(golden.name << ", relative error " << relative_error(all, expected));
  CHECK(relative_error(all, expected) < 0.2F);  // tiny rows round coarsely
}

TEST_CASE("Encoders written and read again, or copied packed, answer the same",
          "[models][encoder][int8]") {
  const EncoderGolden golden = GENERATE(from_range(kEncoderGoldens));
  INFO(golden.name);
  const auto model = load_encoder(golden, WeightType::kInt8);
  SafetensorsWriter writer(model->slots());
  std::vector<uint8_t> bytes(static_cast<size_t>(writer.size()));
  REQUIRE(writer.read(bytes) == bytes.size());
  const auto again = make_encoder_model(model->config(), golden.head, WeightType::kInt8);
  load_weights(std::string(bytes.begin(), bytes.end()), again->slots());
  again->finish();
  const auto copy = make_encoder_model(model->config(), golden.head, WeightType::kInt8);
  const std::vector<Region> from = model->slots().regions();
  const std::vector<Region> to = copy->slots().regions();
  REQUIRE(from.size() == to.size());
  for (size_t i = 0; i < to.size(); ++i) std::copy(from[i].begin(), from[i].end(), to[i].begin());
  copy->slots().mark_all_filled();
  copy->finish();
  for (const EncoderCase& item : encoder_cases(golden.name)) {
    const EncoderInput input = item.input();
    const std::vector<float> expected = answer(*run(*model, {&input, 1}), golden.head);
    CHECK(answer(*run(*again, {&input, 1}), golden.head) == expected);
    CHECK(answer(*run(*copy, {&input, 1}), golden.head) == expected);
  }
}

TEST_CASE("A batch of no texts has no rows", "[models][encoder]") {
  for (const EncoderGolden golden : {EncoderGolden{"mpnet-token", Head::kToken},
                                     EncoderGolden{"deberta-masked", Head::kMaskedLm},
                                     EncoderGolden{"modernbert-sequence", Head::kSequence}}) {
    INFO(golden.name);
    const auto model = load_encoder(golden, WeightType::kInt8);
    const auto pass = run(*model, {});
    CHECK(pass->logits().rows == 0);
    CHECK(pass->hidden().rows == 0);
  }
}

TEST_CASE("A model without types does not look at them", "[models][encoder]") {
  for (const char* name : {"distilbert-sequence", "mpnet-sequence", "deberta-sequence"}) {
    INFO(name);
    const auto model = load_encoder({name, Head::kSequence}, WeightType::kFp32);
    const EncoderCase item = encoder_cases(name)[0];
    const std::vector<int32_t> types(item.ids.size(), 1);
    const EncoderInput input{.ids = item.ids, .type_ids = types};
    CHECK(distance(to_floats(run(*model, {&input, 1})->logits()), item.logits) < 1e-4F);
  }
}

TEST_CASE("Masked words are computed for the wanted rows alone", "[models][encoder]") {
  const EncoderGolden golden{"bert-masked", Head::kMaskedLm};
  const auto model = load_encoder(golden, WeightType::kFp32);
  const std::vector<EncoderCase> cases = encoder_cases(golden.name);
  const std::vector<int32_t> first = {5, 2};
  const std::vector<int32_t> second = {0};
  EncoderInput a = cases[0].input();
  EncoderInput b = cases[2].input();
  a.rows = first;
  b.rows = second;
  const std::vector<EncoderInput> inputs = {a, b};
  const auto pass = run(*model, inputs);
  REQUIRE(pass->logits().rows == 3);
  const std::vector<float> logits = to_floats(pass->logits());
  const auto row = [&](const EncoderCase& item, size_t index) {
    const size_t vocabulary = item.logits.size() / item.ids.size();
    return std::span(item.logits).subspan(index * vocabulary, vocabulary);
  };
  const auto size = static_cast<size_t>(pass->logits().cols);
  CHECK(distance(std::span(logits).subspan(0, size), row(cases[0], 5)) < 1e-4F);
  CHECK(distance(std::span(logits).subspan(size, size), row(cases[0], 2)) < 1e-4F);
  CHECK(distance(std::span(logits).subspan(2 * size, size), row(cases[2], 0)) < 1e-4F);
  const std::vector<int32_t> outside = {7};
  a.rows = outside;
  CHECK(error_of([&] { model->start({&a, 1}); }) ==
        "invalid-argument: The wanted row 7 at position 0 lies outside 0 to 6.");
}

TEST_CASE("A checkpoint of another task is refused, saying what it is for", "[models][encoder]") {
  const auto load = [](const char* name, Head head) {
    return error_of([&] { load_encoder({name, head}, WeightType::kInt8); });
  };
  CHECK(load("bert-masked", Head::kSequence) ==
        "unsupported-model: config.json: the architecture \"BertForMaskedLM\" is for fill-mask, "
        "not for text-classification.");
  CHECK(load("bert-sequence", Head::kToken) ==
        "unsupported-model: config.json: the architecture \"BertForSequenceClassification\" is "
        "for text-classification, not for token-classification.");
  CHECK(load("bert-pretraining", Head::kSpan).starts_with("unsupported-model: "));
  // Before its weights are fetched.
  CHECK(load("bert-plain", Head::kToken) ==
        "unsupported-model: config.json: the architecture \"BertModel\" is for "
        "feature-extraction, not for token-classification.");
  for (const EncoderGolden& golden : kEncoderGoldens) {
    INFO(golden.name);
    CHECK(load(golden.name, Head::kNone).empty());
  }
}

}  // namespace dragoman::test
