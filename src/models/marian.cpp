// The page of Marian (Junczys-Dowmunt et al. 2018; transformers' MarianMTModel).
//
// Published configurations also carry switches of the original Marian format, such as
// normalize_before, normalize_embedding, add_final_layer_norm, add_bias_logits and
// static_position_embeddings. MarianMTModel of transformers 4.57 reads none of them: it always
// normalises after each block and always has sinusoidal positions. So does this page.
#include <algorithm>

#include "models/families.hpp"
#include "models/names.hpp"

namespace dragoman {

namespace {

constexpr float kNormEpsilon = 1e-5F;  // torch's default; MarianConfig has no field for it

TransformerConfig read_marian(const ConfigReader& fields) {
  fields.require_flag("is_encoder_decoder", true);
  fields.require_flag("tie_encoder_decoder", false);

  TransformerConfig config;
  config.model_type = "marian";
  config.hidden_size = fields.size("d_model", 1024, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 58101, kMaxVocabulary);
  config.share_embeddings = fields.flag("share_encoder_decoder_embeddings", true);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  // With one table for both sides decoder_vocab_size is not read, as in Python.
  config.decoder_vocab_size =
      config.share_embeddings
          ? config.vocab_size
          : fields.size("decoder_vocab_size", config.vocab_size, kMaxVocabulary);
  config.max_positions = fields.size("max_position_embeddings", 1024, kMaxPositions);
  config.encoder = {.layers = fields.size("encoder_layers", 12, kMaxLayers),
                    .heads = fields.size("encoder_attention_heads", 16, kMaxWidth),
                    .ffn_size = fields.size("encoder_ffn_dim", 4096, kMaxWidth)};
  config.decoder = {.layers = fields.size("decoder_layers", 12, kMaxLayers),
                    .heads = fields.size("decoder_attention_heads", 16, kMaxWidth),
                    .ffn_size = fields.size("decoder_ffn_dim", 4096, kMaxWidth)};
  check_heads(config.hidden_size, config.encoder.heads, "encoder_attention_heads");
  check_heads(config.hidden_size, config.decoder.heads, "decoder_attention_heads");
  config.activation = fields.activation("activation_function", "gelu");
  config.positions = Positions::kSinusoidal;
  config.norm_epsilon = kNormEpsilon;
  config.scale_embedding = fields.flag("scale_embedding", false);
  config.pad_token_id =
      fields.token("pad_token_id", 58100, std::max(config.vocab_size, config.decoder_vocab_size));
  config.eos_token_id = fields.token("eos_token_id", 0, config.decoder_vocab_size);
  config.decoder_start_token_id =
      fields.token("decoder_start_token_id", 58100, config.decoder_vocab_size);
  return config;
}

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

void name_seq2seq(Seq2SeqParts& parts, SlotTable& slots) {
  const int hidden = parts.config.hidden_size;
  name_tables(parts, slots);
  for (size_t i = 0; i < parts.encoder.size(); ++i) {
    const std::string layer = "model.encoder.layers." + std::to_string(i) + ".";
    name_layer(Names(slots, layer), parts.encoder[i], hidden);
  }
  for (size_t i = 0; i < parts.decoder.size(); ++i) {
    const std::string layer = "model.decoder.layers." + std::to_string(i) + ".";
    name_layer(Names(slots, layer), parts.decoder[i], hidden);
  }
  slots.add("final_logits_bias", &parts.output_bias);
  slots.optional("final_logits_bias");  // zero when absent, as in Python
  // Stored by some exporters; the values are those of SinusoidalPositions.
  slots.ignore("model.encoder.embed_positions.weight");
  slots.ignore("model.decoder.embed_positions.weight");
}

}  // namespace

const Family kMarianFamily = {
    .model_type = "marian",
    .read = read_marian,
    .name_encoder = nullptr,
    .name_seq2seq = name_seq2seq,
};

}  // namespace dragoman
