// The page of BERT (Devlin et al. 2018; transformers' BertModel and its heads).
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
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  config.head(Head::kSequence) = {.dense = config.hidden_size, .activation = Activation::kTanh};
  config.head(Head::kMaskedLm) = {
      .dense = config.hidden_size, .activation = config.activation, .norm = true};
  config.pretraining_masks = true;
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

// A bare BertModel is published without the prefix that models with a head have.
void name_under(const std::string& prefix, EncoderParts& parts, SlotTable& slots) {
  const Names names(slots, prefix);
  slots.add(names.full("embeddings.word_embeddings", ".weight"), parts.word_slot());
  names.table("embeddings.position_embeddings", parts.positions);
  names.table("embeddings.token_type_embeddings", parts.types);
  name_norm(names, "embeddings.LayerNorm", parts.embedding_norm, slots);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    name_layer(names.in(layer), parts.layers[i], parts.config.hidden_size, slots);
  }
  if (parts.head.kind == Head::kSequence) {
    names.linear("pooler.dense", *parts.head.dense);
  } else {
    slots.ignore(prefix + "pooler.*");
  }
  slots.ignore(prefix + "embeddings.position_ids");
}

void name_masked_head(EncoderHead& head, SlotTable& slots) {
  const Names names(slots, "cls.predictions.");
  names.linear("transform.dense", *head.dense);
  name_norm(names, "transform.LayerNorm", *head.norm, slots);
  names.linear("decoder", *head.output);
  slots.add("cls.predictions.bias", head.output->bias_slot());
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  name_under("bert.", parts, slots);
  name_under("", parts, slots);
  const Names names(slots, "");
  if (head.kind == Head::kSequence || head.kind == Head::kToken) {
    names.linear("classifier", *head.output);
  }
  if (head.kind == Head::kSpan) names.linear("qa_outputs", *head.output);
  if (head.kind == Head::kMaskedLm) name_masked_head(head, slots);
  for (const char* other : {"cls.*", "classifier.*", "qa_outputs.*"}) slots.ignore(other);
}

}  // namespace

const Family kBertFamily = {
    .model_type = "bert",
    .read = read_bert,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
