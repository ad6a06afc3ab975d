// The page of DistilBERT (Sanh et al. 2019): BERT without types and pooler, under other names.
#include <string>

#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

constexpr float kNormEpsilon = 1e-12F;  // DistilBertConfig has no field for it

// Sinusoidal positions are stored in the file like learned ones, so sinusoidal_pos_embds need not
// be read.
TransformerConfig read_distilbert(const ConfigReader& fields) {
  TransformerConfig config;
  config.hidden_size = fields.size("dim", 768, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 30522, kMaxVocabulary);
  config.max_positions = fields.size("max_position_embeddings", 512, kMaxPositions);
  config.encoder = {.layers = fields.size("n_layers", 6, kMaxLayers),
                    .heads = fields.size("n_heads", 12, kMaxWidth),
                    .ffn_size = fields.size("hidden_dim", 3072, kMaxWidth)};
  check_heads(config.hidden_size, config.encoder.heads, "n_heads");
  config.activation = fields.activation("activation", "gelu");
  config.norm_epsilon = kNormEpsilon;
  config.pad_token_id = fields.token("pad_token_id", 0, config.vocab_size);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  fields.read_labels(config);
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kRelu};
  config.head(Head::kMaskedLm) = {
      .dense = config.hidden_size, .activation = config.activation, .norm = true};
  return config;
}

void name_layer(const Names& names, EncoderLayer& layer) {
  name_qkv(names.in("attention."), {"q_lin", "k_lin", "v_lin"}, layer.attention.qkv());
  names.linear("attention.out_lin", layer.attention.output());
  names.norm("sa_layer_norm", *layer.attention_norm);
  names.linear("ffn.lin1", layer.ffn.widen());
  names.linear("ffn.lin2", layer.ffn.narrow());
  names.norm("output_layer_norm", layer.ffn_norm);
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"distilbert.", ""}) {
    const Names names(slots, prefix);
    name_embeddings(names.in("embeddings."), parts);
    for (size_t i = 0; i < parts.layers.size(); ++i) {
      name_layer(names.in("transformer.layer." + std::to_string(i) + "."), parts.layers[i]);
    }
  }
  const Names names(slots, "");
  if (head.kind == Head::kSequence) {
    names.linear("pre_classifier", *head.dense);
    names.linear("classifier", *head.output);
  }
  if (head.kind == Head::kMaskedLm) {
    names.linear("vocab_transform", *head.dense);
    names.norm("vocab_layer_norm", *head.norm);
    names.linear("vocab_projector", *head.output);
  }
  name_plain_heads(
      head, slots,
      {"pre_classifier.*", "vocab_transform.*", "vocab_layer_norm.*", "vocab_projector.*"});
}

}  // namespace

const Family kDistilbertFamily = {
    .model_type = "distilbert",
    .read = read_distilbert,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
