// Names of encoder-decoders that descend from fairseq's: Marian, BART, mBART, Pegasus, M2M100.
#include "models/fairseq_names.hpp"

#include <string>

#include "models/names.hpp"

namespace dragoman {

namespace {

void name_self_attention(const Names& names, SelfAttention& attention, int hidden) {
  names.linear("q_proj", attention.qkv(), 0, hidden);
  names.linear("k_proj", attention.qkv(), hidden, hidden);
  names.linear("v_proj", attention.qkv(), 2 * hidden, hidden);
  names.linear("out_proj", attention.output());
}

void name_layer(const Names& names, EncoderLayer& layer, int hidden) {
  name_self_attention(names.in("self_attn."), layer.attention, hidden);
  names.norm("self_attn_layer_norm", *layer.attention_norm);
  names.linear("fc1", layer.ffn.widen());
  names.linear("fc2", layer.ffn.narrow());
  names.norm("final_layer_norm", layer.ffn_norm);
}

void name_layer(const Names& names, DecoderLayer& layer, int hidden) {
  name_self_attention(names.in("self_attn."), layer.attention, hidden);
  names.norm("self_attn_layer_norm", layer.attention_norm);
  const Names cross = names.in("encoder_attn.");
  cross.linear("q_proj", layer.cross.query());
  cross.linear("k_proj", layer.cross.keys_values(), 0, hidden);
  cross.linear("v_proj", layer.cross.keys_values(), hidden, hidden);
  cross.linear("out_proj", layer.cross.output());
  names.norm("encoder_attn_layer_norm", layer.cross_norm);
  names.linear("fc1", layer.ffn.widen());
  names.linear("fc2", layer.ffn.narrow());
  names.norm("final_layer_norm", layer.ffn_norm);
}

// Files name a tied table once or several times, under any of its names.
void name_tables(Seq2SeqParts& parts, SlotTable& slots) {
  const TransformerConfig& config = parts.config;
  Slot* output = parts.output.weight_slot();
  Slot* source = parts.source_words ? parts.source_words->slot() : output;
  Slot* target = config.tie_embeddings ? output : source;
  if (parts.target_words) target = parts.target_words->slot();
  slots.add("lm_head.weight", output);
  slots.add("model.encoder.embed_tokens.weight", source);
  slots.add("model.decoder.embed_tokens.weight", target);
  if (config.share_embeddings) {
    slots.add("model.shared.weight", source);
  } else {
    slots.ignore("model.shared.weight");  // Python has no such table then
  }
}

void name_side(const Names& names, std::optional<Embedding>& positions,
               std::optional<LayerNorm>& embedding_norm, std::optional<LayerNorm>& norm,
               SlotTable& slots) {
  if (positions) {
    names.table("embed_positions", *positions);
  } else {
    // Stored by some exporters; the values are those of SinusoidalPositions.
    slots.ignore(names.full("embed_positions", ".weight"));
    slots.ignore(names.full("embed_positions", ".weights"));
  }
  if (embedding_norm) names.norm("layernorm_embedding", *embedding_norm);
  if (norm) names.norm("layer_norm", *norm);
}

}  // namespace

void name_fairseq(Seq2SeqParts& parts, SlotTable& slots) {
  const int hidden = parts.config.hidden_size;
  name_tables(parts, slots);
  const Names encoder(slots, "model.encoder.");
  const Names decoder(slots, "model.decoder.");
  name_side(encoder, parts.source_positions, parts.source_norm, parts.encoder_norm, slots);
  name_side(decoder, parts.target_positions, parts.target_norm, parts.decoder_norm, slots);
  for (size_t i = 0; i < parts.encoder.size(); ++i) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    name_layer(encoder.in(layer), parts.encoder[i], hidden);
  }
  for (size_t i = 0; i < parts.decoder.size(); ++i) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    name_layer(decoder.in(layer), parts.decoder[i], hidden);
  }
  slots.add("final_logits_bias", &parts.output_bias);
  slots.optional("final_logits_bias");  // zero when absent, as in Python
}

TransformerConfig read_fairseq(const ConfigReader& fields, const FairseqDefaults& defaults) {
  fields.require_flag("is_encoder_decoder", true);
  fields.require_flag("tie_encoder_decoder", false);
  TransformerConfig config;
  config.hidden_size = fields.size("d_model", 1024, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", defaults.vocab_size, kMaxVocabulary);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  config.decoder_vocab_size = config.vocab_size;
  config.max_positions = fields.size("max_position_embeddings", 1024, kMaxPositions);
  config.encoder = {.layers = fields.size("encoder_layers", 12, kMaxLayers),
                    .heads = fields.size("encoder_attention_heads", 16, kMaxWidth),
                    .ffn_size = fields.size("encoder_ffn_dim", 4096, kMaxWidth)};
  config.decoder = {.layers = fields.size("decoder_layers", 12, kMaxLayers),
                    .heads = fields.size("decoder_attention_heads", 16, kMaxWidth),
                    .ffn_size = fields.size("decoder_ffn_dim", 4096, kMaxWidth)};
  check_heads(config.hidden_size, config.encoder.heads, "encoder_attention_heads");
  check_heads(config.hidden_size, config.decoder.heads, "decoder_attention_heads");
  config.activation = fields.activation("activation_function", defaults.activation);
  config.norm_epsilon = kTorchNormEpsilon;
  config.scale_embedding = fields.flag("scale_embedding", defaults.scale_embedding);
  config.pad_token_id = fields.token("pad_token_id", defaults.pad_token_id, config.vocab_size);
  config.eos_token_id =
      fields.token("eos_token_id", defaults.eos_token_id, config.decoder_vocab_size);
  config.decoder_start_token_id = fields.token(
      "decoder_start_token_id", defaults.decoder_start_token_id, config.decoder_vocab_size);
  return config;
}

}  // namespace dragoman
