// The pages of Llama (Touvron et al. 2023), Mistral, Qwen2, Qwen3 and Gemma: rotary positions,
// gated blocks, root mean square norms. SmolLM and many others are published as Llama.
#include <string>

#include "models/families.hpp"
#include "models/names.hpp"
#include "nn/interleaved_slot.hpp"

namespace dragoman {

namespace {

float number(Json object, std::string_view field, double fallback) {
  return static_cast<float>(object.get_double(field, fallback));
}

void read_rotary(const ConfigReader& fields, TransformerConfig& config) {
  config.positions = Positions::kNone;
  config.attention.rotary_theta = number(fields.json(), "rope_theta", 10000.0);
  if (!(config.attention.rotary_theta > 1.0F)) refuse_config("rope_theta is not above 1");
  if (!fields.json().has("rope_scaling")) return;
  const Json given = fields.json().at("rope_scaling");
  const std::string kind = given.get_string("rope_type", given.get_string("type", "default"));
  RotaryScaling& scaling = config.attention.rotary_scaling;
  if (kind == "default") return;
  if (kind == "linear") {
    scaling.kind = RotaryScaling::Kind::kLinear;
  } else if (kind == "llama3") {
    scaling.kind = RotaryScaling::Kind::kLlama3;
    scaling.low = number(given, "low_freq_factor", 1.0);
    scaling.high = number(given, "high_freq_factor", 4.0);
    scaling.original = number(given, "original_max_position_embeddings", 8192.0);
  } else {
    refuse_model("rope_scaling of type \"" + kind + "\" is not supported");
  }
  scaling.factor = number(given, "factor", 1.0);
  if (!(scaling.factor >= 1.0F) || !(scaling.high > scaling.low)) {
    refuse_config("rope_scaling has factors that make no sense");
  }
}

TransformerConfig read_common(const ConfigReader& fields, std::string_view model_type) {
  TransformerConfig config;
  config.model_type = model_type;
  config.hidden_size = fields.size("hidden_size", 4096, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 32000, kMaxVocabulary);
  config.decoder_vocab_size = config.vocab_size;
  config.max_positions = fields.size("max_position_embeddings", 2048, kMaxPositions);
  const int heads = fields.size("num_attention_heads", 32, kMaxWidth);
  config.decoder = {.layers = fields.size("num_hidden_layers", 32, kMaxLayers),
                    .heads = heads,
                    .ffn_size = fields.size("intermediate_size", 11008, kMaxWidth),
                    .kv_heads = fields.size("num_key_value_heads", heads, kMaxWidth)};
  check_heads(heads, config.decoder.kv_heads, "num_key_value_heads");
  const bool has_dim = fields.json().has("head_dim");
  if (!has_dim) check_heads(config.hidden_size, heads, "num_attention_heads");
  config.head_dim = fields.size("head_dim", std::max(1, config.hidden_size / heads), kMaxWidth);
  if (config.head_dim % 2 != 0) refuse_config("head_dim is odd, and cannot be turned in pairs");
  config.activation = fields.activation("hidden_act", "silu");
  config.norm_place = NormPlace::kPre;
  config.norm_kind = NormKind::kRms;
  config.norm_epsilon = fields.epsilon("rms_norm_eps", 1e-6);
  config.gated_ffn = true;
  config.ffn_bias = false;
  config.attention_bias = false;
  read_rotary(fields, config);
  config.tie_embeddings = fields.flag("tie_word_embeddings", false);
  return config;
}

void read_window(const ConfigReader& fields, TransformerConfig& config) {
  if (!fields.json().has("sliding_window")) return;
  // A token sees itself and so many less one before it.
  config.attention.window = fields.size("sliding_window", 4096, kMaxPositions) - 1;
}

TransformerConfig read_llama(const ConfigReader& fields) {
  TransformerConfig config = read_common(fields, "llama");
  fields.require_flag("mlp_bias", false);
  config.attention_bias = fields.flag("attention_bias", false);
  return config;
}

TransformerConfig read_mistral(const ConfigReader& fields) {
  TransformerConfig config = read_common(fields, "mistral");
  read_window(fields, config);
  return config;
}

TransformerConfig read_qwen2(const ConfigReader& fields) {
  fields.require_flag("use_sliding_window", false);
  TransformerConfig config = read_common(fields, "qwen2");
  config.attention_bias = true;
  config.attention_output_bias = false;
  return config;
}

TransformerConfig read_qwen3(const ConfigReader& fields) {
  fields.require_flag("use_sliding_window", false);
  TransformerConfig config = read_common(fields, "qwen3");
  config.attention_bias = fields.flag("attention_bias", false);
  config.qk_norm = true;
  return config;
}

TransformerConfig read_gemma(const ConfigReader& fields) {
  TransformerConfig config = read_common(fields, "gemma");
  config.attention_bias = fields.flag("attention_bias", false);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  config.scale_embedding = true;
  config.norm_offset = 1.0F;
  // Files say "gelu"; the code reads hidden_activation, whose default is the approximation.
  config.activation = fields.activation("hidden_activation", "gelu_pytorch_tanh");
  return config;
}

void name_attention(const Names& names, SelfAttention& attention, const TransformerConfig& config) {
  const int width = config.head_dim * config.decoder.heads;
  const int keys = config.decoder_width();
  const auto part = [&](std::string_view name, int first, int count) {
    names.weight(name, attention.qkv().weight_slot(first, count));
    if (!config.attention_bias) return;
    names.slot(std::string(name) + ".bias", attention.qkv().bias_slot(first, count));
  };
  part("q_proj", 0, width);
  part("k_proj", width, keys);
  part("v_proj", width + keys, keys);
  names.weight("o_proj", attention.output().weight_slot());
  if (config.attention_bias && config.attention_output_bias) {
    names.slot("o_proj.bias", attention.output().bias_slot());
  }
  if (config.qk_norm) {
    names.scale("q_norm", attention.query_norm());
    names.scale("k_norm", attention.key_norm());
  }
  names.ignore("rotary_emb.inv_freq");
}

// Rows of queries and keys that llama.cpp turns as neighbours, which it does for Llama alone.
Slot* turned(CausalParts& parts, Slot* slot) {
  const std::string& type = parts.config.model_type;
  if (type != "llama" && type != "mistral") return slot;
  parts.adapters.push_back(std::make_unique<InterleavedSlot>(slot, parts.config.head_dim));
  return parts.adapters.back().get();
}

void name_gguf_attention(const Names& names, SelfAttention& attention, CausalParts& parts) {
  const TransformerConfig& config = parts.config;
  Linear& qkv = attention.qkv();
  const int width = config.head_dim * config.decoder.heads;
  const int keys = config.decoder_width();
  names.weight("attn_q", turned(parts, qkv.weight_slot(0, width)));
  names.weight("attn_k", turned(parts, qkv.weight_slot(width, keys)));
  names.weight("attn_v", qkv.weight_slot(width + keys, keys));
  names.weight("attn_output", attention.output().weight_slot());
  if (config.attention_bias) {
    names.slot("attn_q.bias", turned(parts, qkv.bias_slot(0, width)));
    names.slot("attn_k.bias", turned(parts, qkv.bias_slot(width, keys)));
    names.slot("attn_v.bias", qkv.bias_slot(width + keys, keys));
    if (config.attention_output_bias) {
      names.slot("attn_output.bias", attention.output().bias_slot());
    }
  }
  if (!config.qk_norm) return;
  names.scale("attn_q_norm", attention.query_norm());
  names.scale("attn_k_norm", attention.key_norm());
}

void name_gguf(CausalParts& parts, SlotTable& slots) {
  const Names names(slots, "");
  names.weight("token_embd", parts.word_slot());
  names.scale("output_norm", parts.norm);
  names.weight("output", parts.output.weight_slot());
  if (parts.rotary_divisors) names.weight("rope_freqs", parts.rotary_divisors->slot());
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names block = names.in("blk." + std::to_string(i) + ".");
    name_gguf_attention(block, layer.attention, parts);
    block.scale("attn_norm", *layer.attention_norm);
    block.scale("ffn_norm", layer.ffn_norm);
    const int ffn = parts.config.decoder.ffn_size;
    block.weight("ffn_gate", layer.ffn.widen().weight_slot(0, ffn));
    block.weight("ffn_up", layer.ffn.widen().weight_slot(ffn, ffn));
    block.weight("ffn_down", layer.ffn.narrow().weight_slot());
    block.ignore("attn_rot_embd.weight");
  }
}

void name_causal(CausalParts& parts, SlotTable& slots) {
  if (parts.config.gguf_names) return name_gguf(parts, slots);
  const Names names(slots, "model.");
  const TransformerConfig& config = parts.config;
  names.weight("embed_tokens", parts.word_slot());
  names.scale("norm", parts.norm);
  slots.add("lm_head.weight", parts.output.weight_slot());
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names block = names.in("layers." + std::to_string(i) + ".");
    name_attention(block.in("self_attn."), layer.attention, config);
    block.scale("input_layernorm", *layer.attention_norm);
    block.scale("post_attention_layernorm", layer.ffn_norm);
    const int ffn = config.decoder.ffn_size;
    block.weight("mlp.gate_proj", layer.ffn.widen().weight_slot(0, ffn));
    block.weight("mlp.up_proj", layer.ffn.widen().weight_slot(ffn, ffn));
    block.weight("mlp.down_proj", layer.ffn.narrow().weight_slot());
  }
}

constexpr Family page(std::string_view type, TransformerConfig (*read)(const ConfigReader&)) {
  return {.model_type = type,
          .read = read,
          .name_encoder = nullptr,
          .name_seq2seq = nullptr,
          .name_causal = name_causal};
}

}  // namespace

const Family kLlamaFamily = page("llama", read_llama);
const Family kMistralFamily = page("mistral", read_mistral);
const Family kQwen2Family = page("qwen2", read_qwen2);
const Family kQwen3Family = page("qwen3", read_qwen3);
const Family kGemmaFamily = page("gemma", read_gemma);

}  // namespace dragoman
