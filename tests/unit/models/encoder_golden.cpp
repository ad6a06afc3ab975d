// The golden encoders, one line each.
#include "unit/models/encoder_golden.hpp"

namespace dragoman::test {

const std::vector<EncoderGolden> kEncoderGoldens = {
    {"bert-plain", Head::kNone},
    {"bert-sequence", Head::kSequence},
    {"bert-token", Head::kToken},
    {"bert-span", Head::kSpan},
    {"bert-masked", Head::kMaskedLm},
    {"distilbert-plain", Head::kNone},
    {"distilbert-sequence", Head::kSequence},
    {"distilbert-token", Head::kToken},
    {"distilbert-span", Head::kSpan},
    {"distilbert-masked", Head::kMaskedLm},
    {"roberta-plain", Head::kNone},
    {"roberta-sequence", Head::kSequence},
    {"roberta-token", Head::kToken},
    {"roberta-span", Head::kSpan},
    {"roberta-masked", Head::kMaskedLm},
    {"electra-plain", Head::kNone},
    {"electra-sequence", Head::kSequence},
    {"electra-token", Head::kToken},
    {"electra-span", Head::kSpan},
    {"electra-masked", Head::kMaskedLm},
    {"albert-plain", Head::kNone},
    {"albert-sequence", Head::kSequence},
    {"albert-token", Head::kToken},
    {"albert-span", Head::kSpan},
    {"albert-masked", Head::kMaskedLm},
    {"mpnet-plain", Head::kNone},
    {"mpnet-sequence", Head::kSequence},
    {"mpnet-token", Head::kToken},
    {"mpnet-span", Head::kSpan},
    {"mpnet-masked", Head::kMaskedLm},
    {"deberta-plain", Head::kNone},
    {"deberta-sequence", Head::kSequence},
    {"deberta-token", Head::kToken},
    {"deberta-span", Head::kSpan},
    {"deberta-masked", Head::kMaskedLm},
    {"modernbert-plain", Head::kNone},
    {"modernbert-sequence", Head::kSequence},
    {"modernbert-token", Head::kToken},
    {"modernbert-span", Head::kSpan},
    {"modernbert-masked", Head::kMaskedLm},
    {"bert-pretraining", Head::kMaskedLm},
    {"bert-untied", Head::kMaskedLm},
    {"xlm-roberta-token", Head::kToken},
    {"camembert-masked", Head::kMaskedLm},
    {"electra-wide", Head::kSequence},
    {"albert-pretraining", Head::kMaskedLm},
    {"deberta-v2", Head::kSequence},
    {"deberta-c2p", Head::kNone},
    {"deberta-p2c", Head::kToken},
    {"deberta-absolute", Head::kSpan},
    {"modernbert-biased", Head::kSequence},
};

namespace {

std::vector<std::vector<float>> layers_of(const Json& item, const char* key) {
  std::vector<std::vector<float>> layers;
  if (!item.has(key)) return layers;
  for (size_t i = 0; i < item.at(key).size(); ++i) layers.push_back(to_floats(item.at(key).at(i)));
  return layers;
}

}  // namespace

std::vector<EncoderCase> encoder_cases(const std::string& name) {
  const auto document = golden_json("../encoders/" + name, "expected.json");
  const Json cases = document->root().at("cases");
  std::vector<EncoderCase> result;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json item = cases.at(i);
    EncoderCase& to = result.emplace_back();
    to.ids = to_ids(item.at("ids"));
    to.types = to_ids(item.at("type_ids"));
    if (item.has("hidden")) to.hidden = to_floats(item.at("hidden"));
    if (item.has("logits")) to.logits = to_floats(item.at("logits"));
    to.hidden_states = layers_of(item, "hidden_states");
    to.attentions = layers_of(item, "attentions");
  }
  return result;
}

std::unique_ptr<EncoderModel> load_encoder(const EncoderGolden& golden, WeightType type) {
  return load_encoder("../encoders/" + std::string(golden.name), golden.head, type);
}

std::unique_ptr<EncoderPass> run(const EncoderModel& model, std::span<const EncoderInput> inputs,
                                 PassOptions options, int threads) {
  Engine engine(threads);
  auto pass = model.start(inputs, options);
  while (pass->step(engine.context)) engine.arena.reset();
  return pass;
}

}  // namespace dragoman::test
