// The page of BERT (Devlin et al. 2018; transformers' BertForSequenceClassification).
#include "models/families.hpp"
#include "models/names.hpp"

namespace dragoman {

namespace {

TransformerConfig read_bert(const ConfigReader& fields) {
  // Each of these would change what the layers compute; chunk_size_feed_forward and the dropouts
  // do not, and are not read.
  fields.require_text("position_embedding_type", "absolute");
  fields.require_flag("is_decoder", false);
  fields.require_flag("add_cross_attention", false);

  TransformerConfig config;
  config.model_type = "bert";
  config.hidden_size = fields.size("hidden_size", 768, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 30522, kMaxVocabulary);
  config.max_positions = fields.size("max_position_embeddings", 512, kMaxPositions);
  config.type_vocab_size = fields.size("type_vocab_size", 2, kMaxWidth);
  config.encoder.layers = fields.size("num_hidden_layers", 12, kMaxLayers);
  config.encoder.heads = fields.size("num_attention_heads", 12, kMaxWidth);
  config.encoder.ffn_size = fields.size("intermediate_size", 3072, kMaxWidth);
  config.activation = fields.activation("hidden_act", "gelu");
  config.norm_epsilon = fields.epsilon("layer_norm_eps", 1e-12);
  config.pad_token_id = fields.token("pad_token_id", 0, config.vocab_size);
  check_heads(config.hidden_size, config.encoder.heads, "num_attention_heads");
  fields.read_labels(config);
  return config;
}

// TensorFlow's names live on in checkpoints converted before 2020.
void name_norm(const Names& names, const std::string& name, LayerNorm& norm, SlotTable& slots) {
  names.norm(name, norm);
  slots.add(names.full(name, ".gamma"), norm.weight_slot());
  slots.add(names.full(name, ".beta"), norm.bias_slot());
}

void name_layer(const Names& names, EncoderLayer& layer, int hidden, SlotTable& slots) {
  // Three published matrices in one product: its input is read and quantised once.
  names.linear("attention.self.query", layer.attention.qkv(), 0, hidden);
  names.linear("attention.self.key", layer.attention.qkv(), hidden, hidden);
  names.linear("attention.self.value", layer.attention.qkv(), 2 * hidden, hidden);
  names.linear("attention.output.dense", layer.attention.output());
  name_norm(names, "attention.output.LayerNorm", layer.attention_norm, slots);
  names.linear("intermediate.dense", layer.ffn.widen());
  names.linear("output.dense", layer.ffn.narrow());
  name_norm(names, "output.LayerNorm", layer.ffn_norm, slots);
}

// A bare BertModel is published without the prefix its classifier's checkpoints have.
void name_under(const std::string& prefix, ClassifierParts& parts, SlotTable& slots) {
  const Names names(slots, prefix);
  names.table("embeddings.word_embeddings", parts.words);
  names.table("embeddings.position_embeddings", parts.positions);
  names.table("embeddings.token_type_embeddings", parts.types);
  name_norm(names, "embeddings.LayerNorm", parts.embedding_norm, slots);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    name_layer(names.in(layer), parts.layers[i], parts.config.hidden_size, slots);
  }
  names.linear("pooler.dense", parts.pooler);
  slots.ignore(prefix + "embeddings.position_ids");
}

void name_classifier(ClassifierParts& parts, SlotTable& slots) {
  name_under("bert.", parts, slots);
  name_under("", parts, slots);
  Names(slots, "").linear("classifier", parts.classifier);
  slots.ignore("cls.*");  // heads of pre-training
}

}  // namespace

const Family kBertFamily = {
    .model_type = "bert",
    .read = read_bert,
    .name_classifier = name_classifier,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
