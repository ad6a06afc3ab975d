// Fields and names that most encoders share.
#include "models/encoder_page.hpp"

#include <string>

namespace dragoman {

TransformerConfig read_encoder(const ConfigReader& fields, const EncoderDefaults& defaults) {
  fields.require_text("position_embedding_type", "absolute");
  fields.require_flag("is_decoder", false);
  fields.require_flag("add_cross_attention", false);

  TransformerConfig config;
  config.hidden_size = fields.size("hidden_size", defaults.hidden_size, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", defaults.vocab_size, kMaxVocabulary);
  config.max_positions =
      fields.size("max_position_embeddings", defaults.max_positions, kMaxPositions);
  config.type_vocab_size = fields.count("type_vocab_size", defaults.type_vocab_size, kMaxWidth);
  config.encoder.layers = fields.size("num_hidden_layers", defaults.layers, kMaxLayers);
  config.encoder.heads = fields.size("num_attention_heads", defaults.heads, kMaxWidth);
  config.encoder.ffn_size = fields.size("intermediate_size", defaults.ffn_size, kMaxWidth);
  config.activation = fields.activation("hidden_act", defaults.activation);
  config.norm_epsilon = fields.epsilon("layer_norm_eps", defaults.norm_epsilon);
  config.pad_token_id = fields.token("pad_token_id", defaults.pad_token_id, config.vocab_size);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  check_heads(config.hidden_size, config.encoder.heads, "num_attention_heads");
  fields.read_labels(config);
  return config;
}

void count_after_padding(TransformerConfig& config, int pad) {
  if (pad < 0) refuse_config("pad_token_id is missing, from which positions are counted");
  config.position_rows = config.max_positions;
  config.first_position = pad + 1;
  config.skipped_token = pad;
  config.max_positions -= config.first_position;
  if (config.max_positions > 0) return;
  refuse_config("max_position_embeddings " + std::to_string(config.position_rows) +
                " leaves no position after pad_token_id " + std::to_string(pad));
}

void read_embedding_size(const ConfigReader& fields, int fallback, TransformerConfig& config) {
  config.embedding_size = fields.size("embedding_size", fallback, kMaxWidth);
}

void name_embeddings(const Names& names, EncoderParts& parts) {
  names.slot("word_embeddings.weight", parts.word_slot());
  if (parts.positions) names.table("position_embeddings", *parts.positions);
  if (parts.types) names.table("token_type_embeddings", *parts.types);
  names.norm("LayerNorm", parts.embedding_norm);
  // Buffers that older versions saved.
  names.ignore("position_ids");
  names.ignore("token_type_ids");
}

void name_qkv(const Names& names, std::initializer_list<const char*> three, Linear& qkv) {
  const int width = qkv.outputs() / 3;
  int first = 0;
  for (const char* name : three) {
    names.linear(name, qkv, first, width);
    first += width;
  }
}

void name_bert_layers(const Names& names, EncoderParts& parts) {
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names at = names.in("encoder.layer." + std::to_string(i) + ".");
    name_qkv(at.in("attention.self."), {"query", "key", "value"}, layer.attention.qkv());
    at.linear("attention.output.dense", layer.attention.output());
    at.norm("attention.output.LayerNorm", *layer.attention_norm);
    name_bert_ffn(at, layer);
  }
}

void name_bert_ffn(const Names& names, EncoderLayer& layer) {
  names.linear("intermediate.dense", layer.ffn.widen());
  names.linear("output.dense", layer.ffn.narrow());
  names.norm("output.LayerNorm", layer.ffn_norm);
}

void name_plain_heads(EncoderHead& head, SlotTable& slots,
                      std::initializer_list<const char*> others) {
  const Names names(slots, "");
  if (head.kind == Head::kToken) names.linear("classifier", *head.output);
  if (head.kind == Head::kSpan) names.linear("qa_outputs", *head.output);
  for (const char* other : {"classifier.*", "qa_outputs.*"}) slots.ignore(other);
  for (const char* other : others) slots.ignore(other);
}

void name_lm_head(EncoderHead& head, SlotTable& slots) {
  const Names names(slots, "lm_head.");
  names.linear("dense", *head.dense);
  names.norm("layer_norm", *head.norm);
  names.linear("decoder", *head.output);
  names.slot("bias", head.output->bias_slot());
}

void name_dense_classifier(EncoderHead& head, SlotTable& slots) {
  const Names names(slots, "classifier.");
  names.linear("dense", *head.dense);
  names.linear("out_proj", *head.output);
}

}  // namespace dragoman
