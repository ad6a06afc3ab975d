// The page of GPT-2 (Radford et al. 2019; transformers' GPT2LMHeadModel).
#include <string>

#include "models/families.hpp"
#include "models/names.hpp"
#include "nn/transposed_slot.hpp"

namespace dragoman {

namespace {

TransformerConfig read_gpt2(const ConfigReader& fields) {
  fields.require_flag("scale_attn_weights", true);
  fields.require_flag("scale_attn_by_inverse_layer_idx", false);
  fields.require_flag("add_cross_attention", false);
  TransformerConfig config;
  config.model_type = "gpt2";
  config.hidden_size = fields.size("n_embd", 768, kMaxWidth);
  config.vocab_size = fields.size("vocab_size", 50257, kMaxVocabulary);
  config.decoder_vocab_size = config.vocab_size;
  config.max_positions = fields.size("n_positions", 1024, kMaxPositions);
  config.decoder = {.layers = fields.size("n_layer", 12, kMaxLayers),
                    .heads = fields.size("n_head", 12, kMaxWidth),
                    .ffn_size = fields.size("n_inner", 4 * config.hidden_size, kMaxWidth)};
  check_heads(config.hidden_size, config.decoder.heads, "n_head");
  config.activation = fields.activation("activation_function", "gelu_new");
  config.positions = Positions::kLearned;
  config.norm_place = NormPlace::kPre;
  config.norm_epsilon = fields.epsilon("layer_norm_epsilon", 1e-5);
  config.tie_embeddings = fields.flag("tie_word_embeddings", true);
  config.eos_token_id = fields.token("eos_token_id", 50256, config.vocab_size);
  return config;
}

// Conv1D stores its matrix with the inputs as rows. Both namings of a matrix share one slot.
class Conv1dNames {
 public:
  explicit Conv1dNames(CausalParts& parts) : parts_(parts) {}
  void name(const Names& names, const std::string& name, Linear& layer) {
    if (next_ == parts_.adapters.size()) {
      parts_.adapters.push_back(std::make_unique<TransposedSlot>(layer.weight_slot()));
    }
    names.weight(name, parts_.adapters[next_++].get());
    names.slot(name + ".bias", layer.bias_slot());
  }

 private:
  CausalParts& parts_;
  size_t next_ = 0;
};

// The first checkpoints were published without the prefix.
void name_under(const std::string& prefix, CausalParts& parts, SlotTable& slots) {
  const Names names(slots, prefix);
  names.weight("wte", parts.word_slot());
  names.table("wpe", *parts.positions);
  names.norm("ln_f", parts.norm);
  Conv1dNames matrices(parts);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names block = names.in("h." + std::to_string(i) + ".");
    block.norm("ln_1", *layer.attention_norm);
    matrices.name(block, "attn.c_attn", layer.attention.qkv());
    matrices.name(block, "attn.c_proj", layer.attention.output());
    block.norm("ln_2", layer.ffn_norm);
    matrices.name(block, "mlp.c_fc", layer.ffn.widen());
    matrices.name(block, "mlp.c_proj", layer.ffn.narrow());
    block.ignore("attn.bias");  // the causal mask
    block.ignore("attn.masked_bias");
  }
}

// GGUF has matrices as torch's Linear has them.
void name_gguf(CausalParts& parts, SlotTable& slots) {
  const Names names(slots, "");
  names.weight("token_embd", parts.word_slot());
  names.table("position_embd", *parts.positions);
  names.norm("output_norm", parts.norm);
  names.weight("output", parts.output.weight_slot());
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    EncoderLayer& layer = parts.layers[i];
    const Names block = names.in("blk." + std::to_string(i) + ".");
    block.norm("attn_norm", *layer.attention_norm);
    block.linear("attn_qkv", layer.attention.qkv());
    block.linear("attn_output", layer.attention.output());
    block.norm("ffn_norm", layer.ffn_norm);
    block.linear("ffn_up", layer.ffn.widen());
    block.linear("ffn_down", layer.ffn.narrow());
  }
}

void name_causal(CausalParts& parts, SlotTable& slots) {
  if (parts.config.gguf_names) return name_gguf(parts, slots);
  name_under("transformer.", parts, slots);
  name_under("", parts, slots);
  slots.add("lm_head.weight", parts.output.weight_slot());
}

}  // namespace

const Family kGpt2Family = {
    .model_type = "gpt2",
    .read = read_gpt2,
    .name_encoder = nullptr,
    .name_seq2seq = nullptr,
    .name_causal = name_causal,
};

}  // namespace dragoman
