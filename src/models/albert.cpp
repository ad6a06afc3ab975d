// The page of ALBERT (Lan et al. 2019): narrow embeddings, layers that are used several times.
#include <string>

#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

TransformerConfig read_albert(const ConfigReader& fields) {
  TransformerConfig config = read_encoder(fields, {.hidden_size = 4096,
                                                   .vocab_size = 30000,
                                                   .heads = 64,
                                                   .ffn_size = 16384,
                                                   .activation = "gelu_new"});
  read_embedding_size(fields, 128, config);
  config.embedding_projection = EmbeddingProjection::kAfterNorm;  // also where widths agree
  config.layer_groups = fields.size("num_hidden_groups", 1, config.encoder.layers);
  config.inner_layers = fields.size("inner_group_num", 1, kMaxLayers);
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kTanh};
  config.head(Head::kMaskedLm) = {
      .dense = config.embedding_size, .activation = config.activation, .norm = true};
  config.pretraining_masks = true;
  return config;
}

void name_layer(const Names& names, EncoderLayer& layer) {
  const Names attention = names.in("attention.");
  name_qkv(attention, {"query", "key", "value"}, layer.attention.qkv());
  attention.linear("dense", layer.attention.output());
  attention.norm("LayerNorm", *layer.attention_norm);
  names.linear("ffn", layer.ffn.widen());
  names.linear("ffn_output", layer.ffn.narrow());
  names.norm("full_layer_layer_norm", layer.ffn_norm);
}

void name_body(const Names& names, EncoderParts& parts) {
  name_embeddings(names.in("embeddings."), parts);
  names.linear("encoder.embedding_hidden_mapping_in", *parts.projection);
  const auto inner = static_cast<size_t>(parts.config.inner_layers);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    const std::string layer = "encoder.albert_layer_groups." + std::to_string(i / inner) +
                              ".albert_layers." + std::to_string(i % inner) + ".";
    name_layer(names.in(layer), parts.layers[i]);
  }
  if (parts.head.kind == Head::kSequence) {
    names.linear("pooler", *parts.head.dense);
  } else {
    names.ignore("pooler.*");
  }
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"albert.", ""}) name_body(Names(slots, prefix), parts);
  if (head.kind == Head::kSequence) Names(slots, "").linear("classifier", *head.output);
  if (head.kind == Head::kMaskedLm) {
    const Names names(slots, "predictions.");
    names.linear("dense", *head.dense);
    names.norm("LayerNorm", *head.norm);
    names.linear("decoder", *head.output);
    names.slot("bias", head.output->bias_slot());
  }
  name_plain_heads(head, slots, {"predictions.*", "sop_classifier.*"});
}

}  // namespace

const Family kAlbertFamily = {
    .model_type = "albert",
    .read = read_albert,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
