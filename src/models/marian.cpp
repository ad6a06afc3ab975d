// The page of Marian (Junczys-Dowmunt et al. 2018; transformers' MarianMTModel).
//
// Published configurations also carry switches of the original Marian format, such as
// normalize_before, normalize_embedding, add_final_layer_norm, add_bias_logits and
// static_position_embeddings. MarianMTModel of transformers 4.57 reads none of them: it always
// normalises after each block and always has sinusoidal positions. So does this page.
#include <algorithm>

#include "models/fairseq_names.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

TransformerConfig read_marian(const ConfigReader& fields) {
  TransformerConfig config = read_fairseq(fields, {.vocab_size = 58101,
                                                   .pad_token_id = 58100,
                                                   .eos_token_id = 0,
                                                   .decoder_start_token_id = 58100});
  config.model_type = "marian";
  config.positions = Positions::kSinusoidal;
  config.share_embeddings = fields.flag("share_encoder_decoder_embeddings", true);
  if (config.share_embeddings) return config;
  // With one table for both sides decoder_vocab_size is not read, as in Python.
  config.decoder_vocab_size = fields.size("decoder_vocab_size", config.vocab_size, kMaxVocabulary);
  const int all = std::max(config.vocab_size, config.decoder_vocab_size);
  config.pad_token_id = fields.token("pad_token_id", 58100, all);
  config.eos_token_id = fields.token("eos_token_id", 0, config.decoder_vocab_size);
  config.decoder_start_token_id =
      fields.token("decoder_start_token_id", 58100, config.decoder_vocab_size);
  return config;
}

}  // namespace

const Family kMarianFamily = {
    .model_type = "marian",
    .read = read_marian,
    .name_encoder = nullptr,
    .name_seq2seq = name_fairseq,
};

}  // namespace dragoman
