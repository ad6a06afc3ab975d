// The page of DeBERTa v2 and v3 (He et al. 2020, 2021), which share one class in transformers.
#include <algorithm>
#include <string>

#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

// "p2c|c2p" or ["p2c", "c2p"]. Other words have no effect in Python either.
bool has_term(const ConfigReader& fields, std::string_view term) {
  if (!fields.json().has("pos_att_type")) return false;
  const Json value = fields.json().at("pos_att_type");
  if (!value.is_array()) {
    std::string text = "|" + std::string(value.as_string()) + "|";
    std::erase(text, ' ');
    return text.find("|" + std::string(term) + "|") != std::string::npos;
  }
  for (size_t i = 0; i < value.size(); ++i) {
    if (value.at(i).as_string() == term) return true;
  }
  return false;
}

// A number where anything below one, or nothing, means none.
int size_or_none(const ConfigReader& fields, std::string_view field) {
  if (fields.json().get_int(field, -1) < 1) return 0;
  return fields.size(field, 1, kMaxPositions);
}

void read_positions(const ConfigReader& fields, TransformerConfig& config) {
  const int positions = config.max_positions;
  if (!fields.flag("position_biased_input", true)) {
    config.positions = Positions::kNone;
    config.max_positions = kMaxPositions;  // nothing bounds the length
  }
  AttentionPositions& attention = config.attention;
  // These count in the scale of scores even where relative_attention is off, as in Python.
  attention.disentangled = {.content_to_position = has_term(fields, "c2p"),
                            .position_to_content = has_term(fields, "p2c"),
                            .shared = fields.flag("share_att_key", false)};
  attention.has_table = fields.flag("relative_attention", false);
  if (!attention.has_table) return;
  attention.max_distance = size_or_none(fields, "max_relative_positions");
  if (attention.max_distance == 0) attention.max_distance = positions;
  attention.log_buckets = size_or_none(fields, "position_buckets");
  attention.span = attention.log_buckets > 0 ? attention.log_buckets : attention.max_distance;
  // The buckets' logarithm needs a distance beyond the half that has buckets of its own.
  if (attention.log_buckets == 1 ||
      (attention.log_buckets > 0 && attention.max_distance - 1 <= attention.log_buckets / 2)) {
    refuse_config("position_buckets " + std::to_string(attention.log_buckets) +
                  " do not fit max_relative_positions " + std::to_string(attention.max_distance));
  }
  attention.norm_table =
      fields.text("norm_rel_ebd", "none").find("layer_norm") != std::string::npos;
}

void read_convolution(const ConfigReader& fields, TransformerConfig& config) {
  config.convolution = size_or_none(fields, "conv_kernel_size");
  if (config.convolution == 0) return;
  if (config.convolution % 2 == 0 || config.convolution > kMaxWidth / config.hidden_size) {
    refuse_config("conv_kernel_size is " + std::to_string(config.convolution));
  }
  if (fields.size("conv_groups", 1, kMaxWidth) != 1) refuse_model("conv_groups is not 1");
  config.convolution_activation = fields.activation("conv_act", "tanh");
}

void read_heads(const ConfigReader& fields, TransformerConfig& config) {
  const int hidden = config.hidden_size;
  const bool fits = fields.size("pooler_hidden_size", hidden, kMaxWidth) == hidden;
  config.head(Head::kSequence) = {
      .dense = hidden,
      .activation = fields.activation("pooler_hidden_act", "gelu"),
      .refusal = fits ? "" : "pooler_hidden_size differs from hidden_size"};
  // The head without "legacy" does not run in transformers 4.57, for it ties the wrong matrix.
  const bool legacy = fields.flag("legacy", true);
  config.head(Head::kMaskedLm) = {.dense = config.embedding_width(),
                                  .activation = config.activation,
                                  .norm = true,
                                  .refusal = legacy ? "" : "legacy false is not supported"};
}

TransformerConfig read_deberta(const ConfigReader& fields) {
  TransformerConfig config = read_encoder(fields, {.hidden_size = 1536,
                                                   .vocab_size = 128100,
                                                   .type_vocab_size = 0,
                                                   .layers = 24,
                                                   .heads = 24,
                                                   .ffn_size = 6144,
                                                   .norm_epsilon = 1e-7});
  read_embedding_size(fields, config.hidden_size, config);
  if (config.embedding_size != config.hidden_size) {
    config.embedding_projection = EmbeddingProjection::kBeforeNorm;
  }
  const int head_size = config.hidden_size / config.encoder.heads;
  if (fields.size("attention_head_size", head_size, kMaxWidth) != head_size) {
    refuse_model("attention_head_size is not " + std::to_string(head_size));
  }
  read_positions(fields, config);
  read_convolution(fields, config);
  read_heads(fields, config);
  return config;
}

void name_layer(const Names& names, EncoderLayer& layer, const AttentionPositions& positions) {
  const Names self = names.in("attention.self.");
  name_qkv(self, {"query_proj", "key_proj", "value_proj"}, layer.attention.qkv());
  const Disentangled& terms = positions.disentangled;
  if (positions.has_table && !terms.shared) {
    if (terms.content_to_position) self.linear("pos_key_proj", layer.attention.position_key());
    if (terms.position_to_content) self.linear("pos_query_proj", layer.attention.position_query());
  }
  names.linear("attention.output.dense", layer.attention.output());
  names.norm("attention.output.LayerNorm", *layer.attention_norm);
  name_bert_ffn(names, layer);
}

void name_body(const Names& names, EncoderParts& parts) {
  name_embeddings(names.in("embeddings."), parts);
  if (!parts.positions) names.ignore("embeddings.position_embeddings.weight");
  if (parts.projection) names.linear("embeddings.embed_proj", *parts.projection);
  const Names encoder = names.in("encoder.");
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    name_layer(encoder.in("layer." + std::to_string(i) + "."), parts.layers[i],
               parts.config.attention);
  }
  if (parts.relative_table) encoder.table("rel_embeddings", *parts.relative_table);
  if (parts.relative_norm) encoder.norm("LayerNorm", *parts.relative_norm);
  if (!parts.convolution) return;
  encoder.slot("conv.conv.weight", &parts.convolution->kernel_slot);
  encoder.slot("conv.conv.bias", parts.convolution->kernel.bias_slot());
  encoder.norm("conv.LayerNorm", parts.convolution->norm);
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"deberta.", ""}) name_body(Names(slots, prefix), parts);
  if (head.kind == Head::kSequence) {
    const Names names(slots, "");
    names.linear("pooler.dense", *head.dense);
    names.linear("classifier", *head.output);
  }
  if (head.kind == Head::kMaskedLm) {
    const Names names(slots, "cls.predictions.");
    names.linear("transform.dense", *head.dense);
    names.norm("transform.LayerNorm", *head.norm);
    names.linear("decoder", *head.output);
    names.slot("bias", head.output->bias_slot());
  }
  name_plain_heads(head, slots, {"cls.*", "pooler.*", "lm_predictions.*", "mask_predictions.*"});
}

}  // namespace

const Family kDebertaV2Family = {
    .model_type = "deberta-v2",
    .read = read_deberta,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
