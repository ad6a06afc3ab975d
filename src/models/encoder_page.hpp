// What the pages of BERT and its descendants have in common.
#pragma once

#include <initializer_list>
#include <string_view>

#include "models/config_reader.hpp"
#include "models/names.hpp"
#include "models/parts.hpp"

namespace dragoman {

/// Defaults of a configuration class in Python.
struct EncoderDefaults {
  int hidden_size = 768;
  int vocab_size = 30522;
  int max_positions = 512;
  int type_vocab_size = 2;
  int layers = 12;
  int heads = 12;
  int ffn_size = 3072;
  std::string_view activation = "gelu";
  double norm_epsilon = 1e-12;
  int pad_token_id = 0;
};

/// The fields of BERT's configuration, which its descendants kept. Throws unsupported-model for
/// relative positions, decoders and cross-attention, which would change what layers compute;
/// chunk_size_feed_forward and the dropouts do not, and are not read.
TransformerConfig read_encoder(const ConfigReader& fields, const EncoderDefaults& defaults);

/// Positions as fairseq counts them: the first token stands after the padding token's id, and
/// padding is not counted. Throws model-format where no position is left.
/// @param pad  the id, or -1 for none, which is refused
void count_after_padding(TransformerConfig& config, int pad);

/// embeddings_project or the like: `embedding_size` where it differs from the layers' width.
void read_embedding_size(const ConfigReader& fields, int fallback, TransformerConfig& config);

/// The tables under "embeddings.", and buffers that lie beside them.
void name_embeddings(const Names& names, EncoderParts& parts);
/// Query, key and value under their names: three published matrices in one product, so that its
/// input is read and quantised once.
void name_qkv(const Names& names, std::initializer_list<const char*> three, Linear& qkv);
/// "encoder.layer.N." as BERT, RoBERTa and ELECTRA have it.
void name_bert_layers(const Names& names, EncoderParts& parts);
/// The feed-forward block that also MPNet and DeBERTa have.
void name_bert_ffn(const Names& names, EncoderLayer& layer);

/// "classifier" for tokens, "qa_outputs" for spans; and what of other heads may lie in the file:
/// these two and `others`.
void name_plain_heads(EncoderHead& head, SlotTable& slots,
                      std::initializer_list<const char*> others);
/// lm_head.* of RoBERTa and MPNet.
void name_lm_head(EncoderHead& head, SlotTable& slots);
/// "classifier.dense" and "classifier.out_proj" for sequences.
void name_dense_classifier(EncoderHead& head, SlotTable& slots);

}  // namespace dragoman
