// The page of ELECTRA (Clark et al. 2020): BERT with embeddings of a width of their own.
#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

TransformerConfig read_electra(const ConfigReader& fields) {
  TransformerConfig config =
      read_encoder(fields, {.hidden_size = 256, .heads = 4, .ffn_size = 1024});
  read_embedding_size(fields, 128, config);
  if (config.embedding_size != config.hidden_size) {
    config.embedding_projection = EmbeddingProjection::kAfterNorm;
  }
  // Whatever hidden_act says.
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kGelu};
  config.head(Head::kMaskedLm) = {
      .dense = config.embedding_size, .activation = Activation::kGelu, .norm = true};
  return config;
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"electra.", ""}) {
    const Names names(slots, prefix);
    name_embeddings(names.in("embeddings."), parts);
    if (parts.projection) names.linear("embeddings_project", *parts.projection);
    name_bert_layers(names, parts);
  }
  if (head.kind == Head::kSequence) name_dense_classifier(head, slots);
  if (head.kind == Head::kMaskedLm) {
    const Names names(slots, "");
    names.linear("generator_predictions.dense", *head.dense);
    names.norm("generator_predictions.LayerNorm", *head.norm);
    names.linear("generator_lm_head", *head.output);
  }
  name_plain_heads(
      head, slots,
      {"discriminator_predictions.*", "generator_predictions.*", "generator_lm_head.*"});
}

}  // namespace

const Family kElectraFamily = {
    .model_type = "electra",
    .read = read_electra,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
