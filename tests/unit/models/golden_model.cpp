// Loading and comparing for the tests over golden checkpoints.
#include "unit/models/golden_model.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "formats/safetensors.hpp"

namespace dragoman::test {

const std::vector<std::string> kBertModels = {
    "bert-gelu",      "bert-relu-regression", "bert-gelu-new-deep", "bert-silu-bf16",
    "bert-old-names", "bert-tanh-gelu-f16",   "bert-no-prefix",     "bert-int8"};
const std::vector<std::string> kMarianModels = {
    "marian-swish",         "marian-relu-deep",        "marian-gelu-f16",
    "marian-gelu-new-bf16", "marian-two-vocabularies", "marian-untied",
    "marian-int8",          "marian-untied-unshared"};

const std::vector<std::string> kCausalModels = {"gpt2",    "gpt2-relu-wide", "llama",
                                                "llama-3", "llama-linear",   "mistral",
                                                "qwen2",   "qwen3",          "gemma"};

const std::vector<std::string> kSeq2SeqModels = [] {
  std::vector<std::string> names = kMarianModels;
  for (const char* name :
       {"bart", "bart-scaled-f16", "bart-untied", "mbart", "pegasus", "m2m100", "t5", "flan-t5"}) {
    names.emplace_back(name);
  }
  return names;
}();

std::string read_golden(const std::string& model, const std::string& file) {
  const std::string path = std::string(DRAGOMAN_GOLDEN_DIR) + "/models/" + model + "/" + file;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

std::unique_ptr<JsonDocument> golden_json(const std::string& model, const std::string& file) {
  return std::make_unique<JsonDocument>(read_golden(model, file), file, ErrorCode::kModelFormat);
}

std::unique_ptr<JsonDocument> parse_config(const std::string& text) {
  return std::make_unique<JsonDocument>(text, "config.json", ErrorCode::kModelFormat);
}

void load_weights(const std::string& bytes, SlotTable& slots, size_t piece) {
  SafetensorsReader reader("model.safetensors", bytes.size(), slots);
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  for (size_t first = 0; first < bytes.size(); first += piece) {
    reader.feed({data + first, std::min(piece, bytes.size() - first)});
  }
  reader.finish();
}

std::unique_ptr<EncoderModel> load_encoder(const std::string& model, Head head, WeightType type) {
  const auto document = golden_json(model, "config.json");
  auto encoder = make_encoder_model(read_config(document->root()), head, type);
  load_weights(read_golden(model, "model.safetensors"), encoder->slots());
  encoder->finish();
  return encoder;
}

namespace {

using MakeModel = std::unique_ptr<Seq2SeqModel> (*)(const TransformerConfig&, WeightType);

std::unique_ptr<Seq2SeqModel> load(const std::string& name, WeightType type, MakeModel make,
                                   bool int8_cache = false) {
  const auto document = golden_json(name, "config.json");
  TransformerConfig config = read_config(document->root());
  config.int8_cache = int8_cache;
  auto model = make(config, type);
  load_weights(read_golden(name, "model.safetensors"), model->slots());
  model->finish();
  return model;
}

}  // namespace

std::unique_ptr<Seq2SeqModel> load_seq2seq(const std::string& model, WeightType type) {
  return load(model, type, make_seq2seq_model);
}

std::unique_ptr<Seq2SeqModel> load_causal(const std::string& model, WeightType type,
                                          bool int8_cache) {
  return load(model, type, make_causal_model, int8_cache);
}

std::vector<std::vector<float>> decode_given(Engine& engine, Seq2SeqSession& session,
                                             std::span<const int32_t> sources,
                                             std::span<const std::span<const int32_t>> tokens) {
  std::vector<std::vector<float>> logits(sources.size());
  std::vector<int32_t> previous(sources.size(), -1);  // the row a source had in the last step
  for (size_t position = 0;; ++position) {
    std::vector<DecodeRow> rows;
    std::vector<size_t> owners;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (position >= tokens[i].size()) continue;
      rows.push_back({sources[i], previous[i], tokens[i][position]});
      previous[i] = static_cast<int32_t>(owners.size());
      owners.push_back(i);
    }
    if (rows.empty()) return logits;
    engine.arena.reset();
    const View<float> out = session.decode(engine.context, rows);
    for (size_t row = 0; row < owners.size(); ++row) {
      const auto values = out.row_span(static_cast<int>(row));
      logits[owners[row]].insert(logits[owners[row]].end(), values.begin(), values.end());
    }
  }
}

std::vector<int32_t> to_ids(const Json& array) {
  std::vector<int32_t> ids;
  for (size_t i = 0; i < array.size(); ++i) {
    ids.push_back(static_cast<int32_t>(array.at(i).as_int()));
  }
  return ids;
}

std::vector<float> to_floats(const Json& array) {
  std::vector<float> values;
  for (size_t i = 0; i < array.size(); ++i) {
    if (array.at(i).is_number()) {
      values.push_back(static_cast<float>(array.at(i).as_double()));
    } else {
      const std::vector<float> row = to_floats(array.at(i));
      values.insert(values.end(), row.begin(), row.end());
    }
  }
  return values;
}

std::vector<float> to_floats(View<const float> view) {
  std::vector<float> values;
  for (int row = 0; row < view.rows; ++row) {
    const std::span<const float> span = view.row_span(row);
    values.insert(values.end(), span.begin(), span.end());
  }
  return values;
}

float distance(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return std::numeric_limits<float>::infinity();
  float largest = 0.0F;
  for (size_t i = 0; i < a.size(); ++i) {
    const float difference = std::fabs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
    if (std::isnan(difference)) return std::numeric_limits<float>::infinity();
  }
  return largest;
}

float relative_error(std::span<const float> actual, std::span<const float> expected) {
  if (actual.size() != expected.size()) return std::numeric_limits<float>::infinity();
  const double mean =
      std::accumulate(expected.begin(), expected.end(), 0.0) / static_cast<double>(expected.size());
  double error = 0.0;
  double spread = 0.0;
  for (size_t i = 0; i < actual.size(); ++i) {
    error += std::pow(static_cast<double>(actual[i]) - static_cast<double>(expected[i]), 2);
    spread += std::pow(static_cast<double>(expected[i]) - mean, 2);
  }
  return static_cast<float>(std::sqrt(error / spread));
}

}  // namespace dragoman::test
