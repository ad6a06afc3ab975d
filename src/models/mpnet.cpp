// The page of MPNet (Song et al. 2020): RoBERTa's positions, and a relative bias that all layers
// share.
#include <string>

#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

// Fixed in the code of MPNetModel: its configuration's numbers size the tables alone.
constexpr int kPadding = 1;
constexpr int kBuckets = 32;
constexpr int kMaxDistance = 128;

TransformerConfig read_mpnet(const ConfigReader& fields) {
  TransformerConfig config =
      read_encoder(fields, {.vocab_size = 30527, .type_vocab_size = 0, .pad_token_id = kPadding});
  config.type_vocab_size = 0;
  count_after_padding(config, kPadding);
  if (fields.size("relative_attention_num_buckets", kBuckets, kMaxWidth) != kBuckets) {
    refuse_model("relative_attention_num_buckets is not " + std::to_string(kBuckets));
  }
  config.attention.bias_buckets = kBuckets;
  config.attention.bias_max_distance = kMaxDistance;
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kTanh};
  // Whatever hidden_act says.
  config.head(Head::kMaskedLm) = {
      .dense = config.hidden_size, .activation = Activation::kGelu, .norm = true};
  return config;
}

void name_body(const Names& names, EncoderParts& parts) {
  name_embeddings(names.in("embeddings."), parts);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names at = names.in("encoder.layer." + std::to_string(i) + ".");
    name_qkv(at.in("attention.attn."), {"q", "k", "v"}, layer.attention.qkv());
    at.linear("attention.attn.o", layer.attention.output());
    at.norm("attention.LayerNorm", *layer.attention_norm);
    name_bert_ffn(at, layer);
  }
  names.slot("encoder.relative_attention_bias.weight", parts.relative_bias->slot());
  names.ignore("pooler.*");
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"mpnet.", ""}) name_body(Names(slots, prefix), parts);
  if (head.kind == Head::kSequence) name_dense_classifier(head, slots);
  if (head.kind == Head::kMaskedLm) name_lm_head(head, slots);
  name_plain_heads(head, slots, {"lm_head.*"});
}

}  // namespace

const Family kMpnetFamily = {
    .model_type = "mpnet",
    .read = read_mpnet,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
