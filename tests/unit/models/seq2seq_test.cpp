// Encoder-decoders against Python on the golden checkpoints: every position of given targets.
#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "kernels/rows.hpp"
#include "models/families.hpp"
#include "models/layers.hpp"
#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

struct Seq2SeqCase {
  std::vector<int32_t> source;
  std::vector<int32_t> target;
  std::vector<float> hidden;  // of the encoder: [source length, hidden size]
  std::vector<float> logits;  // [target length, vocabulary]
};

std::vector<Seq2SeqCase> read_cases(const std::string& name) {
  const auto document = golden_json(name, "expected.json");
  const Json cases = document->root().at("cases");
  std::vector<Seq2SeqCase> result;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json item = cases.at(i);
    result.push_back({to_ids(item.at("source")), to_ids(item.at("target")),
                      to_floats(item.at("hidden")), to_floats(item.at("logits"))});
  }
  return result;
}

// Decodes the targets of all cases side by side; a row leaves when its target is used up.
// @returns per case [target length, vocabulary]
std::vector<std::vector<float>> force(const Seq2SeqModel& model, std::span<const Seq2SeqCase> cases,
                                      int threads = 1) {
  Engine engine(threads);
  const auto session = model.start_session();
  std::vector<int32_t> handles;
  for (const Seq2SeqCase& item : cases) handles.push_back(session->add_source(item.source));
  while (session->encode_step(engine.context)) engine.arena.reset();
  std::vector<std::span<const int32_t>> targets;
  for (const Seq2SeqCase& item : cases) targets.emplace_back(item.target);
  return decode_given(engine, *session, handles, targets);
}

// The encoder alone, from the parts a session is built of.
std::vector<float> encode(const Seq2SeqParts& parts, std::span<const int32_t> source) {
  Engine engine;
  const int rows = static_cast<int>(source.size());
  const int width = parts.config.hidden_size;
  std::vector<float> values(source.size() * static_cast<size_t>(width));
  const View<float> hidden(values.data(), rows, width);
  for (int row = 0; row < rows; ++row) {
    parts.source_table().row(source[static_cast<size_t>(row)], hidden.row_span(row));
    add(parts.sinusoids->row(row), hidden.row_span(row));
  }
  const std::vector<int> offsets = {0, rows};
  for (const EncoderLayer& layer : parts.encoder) {
    run_layer(engine.context, layer, parts.config.norm_place, {.offsets = offsets}, hidden);
  }
  return values;
}

// Share of positions whose most likely token is the same.
float agreement(std::span<const float> a, std::span<const float> b, size_t vocabulary) {
  int same = 0;
  int all = 0;
  for (size_t first = 0; first < a.size(); first += vocabulary, ++all) {
    same += argmax(a.subspan(first, vocabulary)) == argmax(b.subspan(first, vocabulary)) ? 1 : 0;
  }
  return static_cast<float>(same) / static_cast<float>(all);
}

}  // namespace

TEST_CASE("Marian's encoder computes the hidden states of Python", "[models][marian]") {
  const auto name = GENERATE(from_range(kMarianModels));
  INFO(name);
  const auto document = golden_json(name, "config.json");
  const TransformerConfig config = read_config(document->root());
  Seq2SeqParts parts(config, WeightType::kFp32);
  SlotTable slots;
  family_of(config).name_seq2seq(parts, slots);
  load_weights(read_golden(name, "model.safetensors"), slots);
  for (const Seq2SeqCase& item : read_cases(name)) {
    CHECK(distance(encode(parts, item.source), item.hidden) < 1e-4F);
  }
}

TEST_CASE("Decoders, stepped token by token, compute Python's logits", "[models][seq2seq]") {
  const auto name = GENERATE(from_range(kSeq2SeqModels));
  INFO(name);
  const auto model = load_seq2seq(name, WeightType::kFp32);
  for (const Seq2SeqCase& item : read_cases(name)) {
    INFO(item.source.size() << " source tokens");
    const auto actual = force(*model, {&item, 1});
    CHECK(distance(actual[0], item.logits) < 1e-4F);
  }
}

TEST_CASE("Each source gets the same bits alone and in a batch", "[models][seq2seq]") {
  const auto name = GENERATE(from_range(kSeq2SeqModels));
  const auto type = GENERATE(WeightType::kFp32, WeightType::kInt8);
  INFO(name);
  const auto model = load_seq2seq(name, type);
  const std::vector<Seq2SeqCase> cases = read_cases(name);
  const auto together = force(*model, cases);
  const auto threaded = force(*model, cases, 2);
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto alone = force(*model, {&cases[i], 1});
    CHECK(together[i] == alone[0]);
    CHECK(threaded[i] == alone[0]);
  }
}

TEST_CASE("Encoder-decoders in int8 stay close to full precision", "[models][seq2seq][int8]") {
  const auto name = GENERATE(from_range(kSeq2SeqModels));
  const auto model = load_seq2seq(name, WeightType::kInt8);
  const std::vector<Seq2SeqCase> cases = read_cases(name);
  const auto actual = force(*model, cases);
  std::vector<float> all;
  std::vector<float> expected;
  for (size_t i = 0; i < cases.size(); ++i) {
    all.insert(all.end(), actual[i].begin(), actual[i].end());
    expected.insert(expected.end(), cases[i].logits.begin(), cases[i].logits.end());
  }
  const auto vocabulary = static_cast<size_t>(model->config().decoder_vocab_size);
  const float error = relative_error(all, expected);
  const float same = agreement(all, expected, vocabulary);
  INFO(name << ": relative error " << error << ", same argmax " << same);
  CHECK(error < 0.12F);  // the largest is that of a model already rounded once, to 8 bits
  CHECK(same > 0.85F);
}

TEST_CASE("Marian keeps one packed copy of a tied table", "[models][marian]") {
  const auto tied = load_seq2seq("marian-swish", WeightType::kFp32);
  const size_t file = read_golden("marian-swish", "model.safetensors").size();
  // Positions are computed, not stored: [48, 20] floats beside what the file holds; outputs are
  // padded to panels of 16, which weighs much in a model this small.
  CHECK(tied->packed_bytes() < 2 * file);
  const auto small = load_seq2seq("marian-swish", WeightType::kInt8);
  CHECK(small->packed_bytes() < tied->packed_bytes() / 2);
}

}  // namespace dragoman::test
