// The page of T5 (Raffel et al. 2020) and FLAN-T5: biases of distances instead of positions, root
// mean square norms, no other biases, scores that are not scaled.
#include <cmath>
#include <string>

#include "models/families.hpp"
#include "models/names.hpp"

namespace dragoman {

namespace {

// "relu", or "gated-gelu" for a gated block; T5 calls the approximation by the plain name there.
void read_ffn(const ConfigReader& fields, TransformerConfig& config) {
  std::string kind = fields.json().get_string("feed_forward_proj", "relu");
  config.gated_ffn = kind.starts_with("gated-");
  if (kind == "gated-gelu") {
    config.activation = Activation::kGeluTanh;
    return;
  }
  if (config.gated_ffn) kind = kind.substr(6);
  config.activation = activation_named(kind, "feed_forward_proj");
}

TransformerConfig read_t5(const ConfigReader& fields) {
  fields.require_flag("is_encoder_decoder", true);
  TransformerConfig config;
  config.model_type = "t5";
  config.hidden_size = fields.size("d_model", 512, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 32128, kMaxVocabulary);
  config.decoder_vocab_size = config.vocab_size;
  config.max_positions = kMaxPositions;  // distances have no end
  const int layers = fields.size("num_layers", 6, kMaxLayers);
  const int heads = fields.size("num_heads", 8, kMaxWidth);
  const int ffn_size = fields.size("d_ff", 2048, kMaxWidth);
  config.encoder = {.layers = layers, .heads = heads, .ffn_size = ffn_size};
  config.decoder = {.layers = fields.size("num_decoder_layers", layers, kMaxLayers),
                    .heads = heads,
                    .ffn_size = ffn_size};
  config.head_dim = fields.size("d_kv", 64, kMaxWidth);
  config.scale_attention = false;
  config.attention_bias = false;
  config.ffn_bias = false;
  read_ffn(fields, config);
  config.positions = Positions::kNone;
  config.attention.bias_buckets = fields.size("relative_attention_num_buckets", 32, kMaxWidth);
  config.attention.bias_max_distance =
      fields.size("relative_attention_max_distance", 128, kMaxPositions);
  config.norm_place = NormPlace::kPre;
  config.norm_kind = NormKind::kRms;
  config.norm_epsilon = fields.epsilon("layer_norm_epsilon", 1e-6);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  if (config.tie_embeddings) {
    config.output_scale = 1.0F / std::sqrt(static_cast<float>(config.hidden_size));
  }
  config.pad_token_id = fields.token("pad_token_id", 0, config.vocab_size);
  config.eos_token_id = fields.token("eos_token_id", 1, config.vocab_size);
  config.decoder_start_token_id = fields.token("decoder_start_token_id", 0, config.vocab_size);
  return config;
}

// A block is a list of layers, each with its norm.
class Block {
 public:
  Block(SlotTable& slots, const std::string& side, size_t index)
      : slots_(slots), prefix_(side + ".block." + std::to_string(index) + ".layer.") {}

  Names layer(int index) const { return {slots_, prefix_ + std::to_string(index) + "."}; }

 private:
  SlotTable& slots_;
  std::string prefix_;
};

void name_norm(const Names& names, LayerNorm& norm) {
  names.weight("layer_norm", norm.weight_slot());
}

void name_self_attention(const Names& names, SelfAttention& attention) {
  const int width = attention.qkv().outputs() / 3;
  names.weight("SelfAttention.q", attention.qkv().weight_slot(0, width));
  names.weight("SelfAttention.k", attention.qkv().weight_slot(width, width));
  names.weight("SelfAttention.v", attention.qkv().weight_slot(2 * width, width));
  names.weight("SelfAttention.o", attention.output().weight_slot());
}

void name_cross_attention(const Names& names, CrossAttention& attention) {
  const int width = attention.query().outputs();
  names.weight("EncDecAttention.q", attention.query().weight_slot());
  names.weight("EncDecAttention.k", attention.keys_values().weight_slot(0, width));
  names.weight("EncDecAttention.v", attention.keys_values().weight_slot(width, width));
  names.weight("EncDecAttention.o", attention.output().weight_slot());
}

void name_ffn(const Names& names, FeedForward& ffn, const TransformerConfig& config, int ffn_size) {
  if (config.gated_ffn) {
    names.weight("DenseReluDense.wi_0", ffn.widen().weight_slot(0, ffn_size));
    names.weight("DenseReluDense.wi_1", ffn.widen().weight_slot(ffn_size, ffn_size));
  } else {
    names.weight("DenseReluDense.wi", ffn.widen().weight_slot());
  }
  names.weight("DenseReluDense.wo", ffn.narrow().weight_slot());
}

void name_layer(const Block& block, EncoderLayer& layer, const TransformerConfig& config) {
  name_self_attention(block.layer(0), layer.attention);
  name_norm(block.layer(0), *layer.attention_norm);
  name_ffn(block.layer(1), layer.ffn, config, config.encoder.ffn_size);
  name_norm(block.layer(1), layer.ffn_norm);
}

void name_layer(const Block& block, DecoderLayer& layer, const TransformerConfig& config) {
  name_self_attention(block.layer(0), layer.attention);
  name_norm(block.layer(0), layer.attention_norm);
  name_cross_attention(block.layer(1), layer.cross);
  name_norm(block.layer(1), layer.cross_norm);
  name_ffn(block.layer(2), layer.ffn, config, config.decoder.ffn_size);
  name_norm(block.layer(2), layer.ffn_norm);
}

// Only the first layer of each side holds the biases that all use.
void name_bias(Seq2SeqParts& parts, SlotTable& slots) {
  const std::string name = ".block.0.layer.0.SelfAttention.relative_attention_bias.weight";
  slots.add("encoder" + name, parts.source_bias->slot());
  slots.add("decoder" + name, parts.target_bias->slot());
  // Written by old exporters, read by none.
  slots.ignore("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight");
}

void name_seq2seq(Seq2SeqParts& parts, SlotTable& slots) {
  Slot* output = parts.output.weight_slot();
  Slot* words = parts.source_words ? parts.source_words->slot() : output;
  slots.add("shared.weight", words);
  slots.add("encoder.embed_tokens.weight", words);
  slots.add("decoder.embed_tokens.weight", words);
  slots.add("lm_head.weight", output);
  name_bias(parts, slots);
  for (size_t i = 0; i < parts.encoder.size(); ++i) {
    name_layer(Block(slots, "encoder", i), parts.encoder[i], parts.config);
  }
  for (size_t i = 0; i < parts.decoder.size(); ++i) {
    name_layer(Block(slots, "decoder", i), parts.decoder[i], parts.config);
  }
  slots.add("encoder.final_layer_norm.weight", parts.encoder_norm->weight_slot());
  slots.add("decoder.final_layer_norm.weight", parts.decoder_norm->weight_slot());
}

}  // namespace

const Family kT5Family = {
    .model_type = "t5",
    .read = read_t5,
    .name_encoder = nullptr,
    .name_seq2seq = name_seq2seq,
};

}  // namespace dragoman
