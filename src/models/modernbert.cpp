// The page of ModernBERT (Warner et al. 2024): rotary positions, layers that see the whole text or
// their surroundings in turn, gated feed-forward, norms before the blocks.
#include <string>

#include "models/encoder_page.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

float read_theta(const ConfigReader& fields, std::string_view field, double fallback) {
  const double theta = fields.json().get_double(field, fallback);
  if (!(theta >= 1.0 && theta <= 1e12)) refuse_config(std::string(field) + " is out of range");
  return static_cast<float>(theta);
}

void read_positions(const ConfigReader& fields, TransformerConfig& config) {
  if (fields.json().has("rope_scaling")) {
    const Json scaling = fields.json().at("rope_scaling");
    const std::string type = scaling.get_string("rope_type", scaling.get_string("type", ""));
    if (type != "default") refuse_model("rope_scaling \"" + type + "\" is not supported");
  }
  config.positions = Positions::kNone;
  AttentionPositions& attention = config.attention;
  attention.rotary_theta = read_theta(fields, "global_rope_theta", 160000.0);
  attention.local_rotary_theta = fields.is_null("local_rope_theta")
                                     ? attention.rotary_theta
                                     : read_theta(fields, "local_rope_theta", 10000.0);
  attention.window = fields.size("local_attention", 128, kMaxPositions) / 2;
  attention.global_every = fields.size("global_attn_every_n_layers", 3, kMaxLayers);
  if (config.hidden_size / config.encoder.heads % 2 != 0) {
    refuse_config("a head of " + std::to_string(config.hidden_size / config.encoder.heads) +
                  " cannot be turned in pairs");
  }
}

// All heads are alike: a dense layer, its norm, a matrix.
void read_heads(const ConfigReader& fields, TransformerConfig& config) {
  const HeadConfig head{.dense = config.hidden_size,
                        .dense_bias = fields.flag("classifier_bias", false),
                        .activation = fields.activation("classifier_activation", "gelu"),
                        .norm = true};
  for (const Head kind : {Head::kSequence, Head::kToken, Head::kSpan, Head::kMaskedLm}) {
    config.head(kind) = head;
  }
  config.head(Head::kMaskedLm).output_bias = fields.flag("decoder_bias", true);
  const std::string pooling = fields.text("classifier_pooling", "cls");
  if (pooling != "cls" && pooling != "mean") {
    refuse_model("classifier_pooling \"" + pooling + "\" is neither cls nor mean");
  }
  config.head(Head::kSequence).mean = pooling == "mean";
}

TransformerConfig read_modernbert(const ConfigReader& fields) {
  TransformerConfig config;
  config.hidden_size = fields.size("hidden_size", 768, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 50368, kMaxVocabulary);
  config.max_positions = fields.size("max_position_embeddings", 8192, kMaxPositions);
  config.encoder = {.layers = fields.size("num_hidden_layers", 22, kMaxLayers),
                    .heads = fields.size("num_attention_heads", 12, kMaxWidth),
                    .ffn_size = fields.size("intermediate_size", 1152, kMaxWidth)};
  check_heads(config.hidden_size, config.encoder.heads, "num_attention_heads");
  config.activation = fields.activation("hidden_activation", "gelu");
  config.gated_ffn = true;
  config.ffn_bias = fields.flag("mlp_bias", false);
  config.attention_bias = fields.flag("attention_bias", false);
  config.norm_epsilon = fields.epsilon("norm_eps", 1e-5);
  config.norm_bias = fields.flag("norm_bias", false);
  config.norm_place = NormPlace::kPre;
  config.norm_first = false;  // the embeddings' norm serves
  config.pad_token_id = fields.token("pad_token_id", 50283, config.vocab_size);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  fields.read_labels(config);
  read_positions(fields, config);
  read_heads(fields, config);
  return config;
}

void name_norm(const Names& names, std::string_view name, LayerNorm& norm, bool bias) {
  if (bias) {
    names.norm(name, norm);
  } else {
    names.scale(name, norm);
  }
}

void name_body(const Names& names, EncoderParts& parts) {
  const bool bias = parts.config.norm_bias;
  names.slot("embeddings.tok_embeddings.weight", parts.word_slot());
  name_norm(names, "embeddings.norm", parts.embedding_norm, bias);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names at = names.in("layers." + std::to_string(i) + ".");
    if (layer.attention_norm) name_norm(at, "attn_norm", *layer.attention_norm, bias);
    at.linear("attn.Wqkv", layer.attention.qkv());
    at.linear("attn.Wo", layer.attention.output());
    name_norm(at, "mlp_norm", layer.ffn_norm, bias);
    at.linear("mlp.Wi", layer.ffn.widen());
    at.linear("mlp.Wo", layer.ffn.narrow());
  }
  name_norm(names, "final_norm", *parts.final_norm, bias);
}

void name_encoder(EncoderParts& parts, SlotTable& slots) {
  EncoderHead& head = parts.head;
  for (const char* prefix : {"model.", ""}) name_body(Names(slots, prefix), parts);
  const Names names(slots, "");
  if (head.output) {
    names.linear("head.dense", *head.dense);
    name_norm(names, "head.norm", *head.norm, parts.config.norm_bias);
    names.linear(head.kind == Head::kMaskedLm ? "decoder" : "classifier", *head.output);
  }
  for (const char* other : {"head.*", "decoder.*", "classifier.*"}) slots.ignore(other);
}

}  // namespace

const Family kModernbertFamily = {
    .model_type = "modernbert",
    .read = read_modernbert,
    .name_encoder = name_encoder,
    .name_seq2seq = nullptr,
};

}  // namespace dragoman
