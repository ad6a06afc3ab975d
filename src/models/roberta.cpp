// The page of RoBERTa (Liu et al. 2019) and of what differs from it in its vocabulary alone:
// XLM-RoBERTa (Conneau et al. 2019) and CamemBERT (Martin et al. 2019).
#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

TransformerConfig read_like_roberta(const ConfigReader& fields, int vocab_size) {
  TransformerConfig config = read_encoder(fields, {.vocab_size = vocab_size, .pad_token_id = 1});
  count_after_padding(config, config.pad_token_id);
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kTanh};
  // Whatever hidden_act says.
  config.head(Head::kMaskedLm) = {
      .dense = config.hidden_size, .activation = Activation::kGelu, .norm = true};
  return config;
}

TransformerConfig read_roberta(const ConfigReader& fields) {
  return read_like_roberta(fields, 50265);
}

TransformerConfig read_multilingual(const ConfigReader& fields) {
  return read_like_roberta(fields, 30522);
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"roberta.", ""}) {
    const Names names(slots, prefix);
    name_embeddings(names.in("embeddings."), parts);
    name_bert_layers(names, parts);
    names.ignore("pooler.*");
  }
  if (head.kind == Head::kSequence) name_dense_classifier(head, slots);
  if (head.kind == Head::kMaskedLm) name_lm_head(head, slots);
  name_plain_heads(head, slots, {"lm_head.*"});
}

}  // namespace

const Family kRobertaFamily = {
    .model_type = "roberta",
    .read = read_roberta,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

const Family kXlmRobertaFamily = {
    .model_type = "xlm-roberta",
    .read = read_multilingual,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

const Family kCamembertFamily = {
    .model_type = "camembert",
    .read = read_multilingual,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
