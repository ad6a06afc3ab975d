// The page of BERT (Devlin et al. 2018; transformers' BertModel and its heads).
#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

TransformerConfig read_bert(const ConfigReader& fields) {
  TransformerConfig config = read_encoder(fields, {});
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kTanh};
  config.head(Head::kMaskedLm) = {
      .dense = config.hidden_size, .activation = config.activation, .norm = true};
  config.pretraining_masks = true;
  return config;
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  // A bare BertModel is published without the prefix that models with a head have.
  for (const char* prefix : {"bert.", ""}) {
    const Names names(slots, prefix);
    name_embeddings(names.in("embeddings."), parts);
    name_bert_layers(names, parts);
    if (head.kind == Head::kSequence) {
      names.linear("pooler.dense", *head.dense);
    } else {
      names.ignore("pooler.*");
    }
  }
  if (head.kind == Head::kSequence) Names(slots, "").linear("classifier", *head.output);
  if (head.kind == Head::kMaskedLm) {
    const Names names(slots, "cls.predictions.");
    names.linear("transform.dense", *head.dense);
    names.norm("transform.LayerNorm", *head.norm);
    names.linear("decoder", *head.output);
    names.slot("bias", head.output->bias_slot());
  }
  name_plain_heads(head, slots, {"cls.*"});
}

}  // namespace

const Family kBertFamily = {
    .model_type = "bert",
    .read = read_bert,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
