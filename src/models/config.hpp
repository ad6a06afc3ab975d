// The one description of a transformer that every family's config.json is mapped to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "kernels/activations.hpp"
#include "nn/attention.hpp"
#include "nn/norm.hpp"
#include "tensor/dtype.hpp"

namespace dragoman {

/// Vectors added to the tokens' own; AttentionPositions tells of what acts on scores instead.
enum class Positions { kNone, kLearned, kSinusoidal, kFairseqSinusoidal };
/// Where a block normalises: its sum with the residual (post), or its input (pre).
enum class NormPlace { kPost, kPre };

/// What an encoder is used for: which layers follow it, and which tensors of a file are needed.
enum class Head { kNone, kSequence, kToken, kSpan, kMaskedLm };
constexpr size_t kHeads = 5;

/// The task a head serves, as pipelines call it; of kNone "feature-extraction".
std::string_view task_of(Head head);

/// What lies between the encoder's output and the last matrix of a head.
struct HeadConfig {
  int dense = 0;  // outputs of a matrix of its own; 0: there is none
  bool dense_bias = true;
  Activation activation = Activation::kNone;  // of what that matrix gave
  bool norm = false;                          // and a layer norm after that
  bool output_bias = true;
  bool mean = false;              // of a sequence: all rows are averaged, not the first taken
  std::string_view refusal = {};  // why there is no such head
};

/// How far apart two tokens stand, as their attention sees it. Each part is off by default.
struct AttentionPositions {
  // A bias per head and bucket, the same in all layers (nn/relative_positions.hpp).
  int bias_buckets = 0;
  int bias_max_distance = 0;
  // Rotary; the second serves layers with a window.
  float rotary_theta = 0.0F;
  float local_rotary_theta = 0.0F;
  // All layers but every n-th, from the first on, see only this far to either side.
  int window = -1;
  int global_every = 1;
  RotaryScaling rotary_scaling = {};
  bool rotary_divisors = false;  // of frequencies, each its own, come with the weights
  // Disentangled: a table of twice `span` vectors; buckets of distances if there are any.
  Disentangled disentangled = {};
  bool has_table = false;
  bool norm_table = false;
  int span = 0;
  int log_buckets = 0;
  int max_distance = 0;
};

/// Where narrower (or wider) embeddings become as wide as the layers.
enum class EmbeddingProjection { kNone, kBeforeNorm, kAfterNorm };

/// Shapes and switches of one stack (encoder or decoder).
struct StackConfig {
  int layers = 0;
  int heads = 0;
  int ffn_size = 0;
  int kv_heads = 0;  // 0: heads
};

struct TransformerConfig {
  std::string model_type;    // "bert", "marian"
  std::string architecture;  // the class the checkpoint was saved from, or empty
  bool gguf_names = false;   // tensors have the names and layout of GGUF
  bool int8_cache = false;   // of keys and values; by the caller's wish
  int hidden_size = 0;
  int embedding_size = 0;      // width of the tables, where it is not hidden_size
  int vocab_size = 0;          // of the encoder, or of both sides
  int decoder_vocab_size = 0;  // == vocab_size when shared
  int max_positions = 0;       // tokens of a sequence
  int position_rows = 0;       // of a learned table, if that has more
  int first_position = 0;      // of the first token in that table
  int skipped_token = -1;      // stands at first_position - 1 wherever it is, and is not counted
  int type_vocab_size = 0;
  StackConfig encoder;
  StackConfig decoder;  // layers == 0: none
  Activation activation = Activation::kGelu;
  Positions positions = Positions::kLearned;
  AttentionPositions attention;
  NormPlace norm_place = NormPlace::kPost;
  bool norm_first = true;  // under kPre: the first attention has a norm of its own
  bool norm_bias = true;
  NormKind norm_kind = NormKind::kLayer;
  bool embedding_norm = false;  // of both sides of an encoder-decoder
  bool attention_bias = true;
  bool ffn_bias = true;
  bool gated_ffn = false;
  EmbeddingProjection embedding_projection = EmbeddingProjection::kNone;
  // Layers that take turns (ALBERT): so many groups of so many, each group run several times.
  int layer_groups = 0;  // 0: every layer is its own
  int inner_layers = 1;
  int convolution = 0;  // width of one beside the first layer (DeBERTa); 0: there is none
  Activation convolution_activation = Activation::kTanh;
  float norm_epsilon = 1e-12F;
  bool scale_embedding = false;
  bool scale_attention = true;  // by 1 / sqrt(head_dim)
  bool attention_output_bias = true;
  bool qk_norm = false;
  float norm_offset = 0.0F;      // added to the weights of norms (Gemma)
  int head_dim = 0;              // 0: hidden_size / heads
  float output_scale = 1.0F;     // of what the output layer reads
  bool tie_embeddings = true;    // the output layer is the decoder's embedding table
  bool share_embeddings = true;  // encoder and decoder use one table
  int pad_token_id = -1;
  int eos_token_id = -1;
  int decoder_start_token_id = -1;
  bool multi_label = false;         // problem_type is multi_label_classification
  bool regression = false;          // problem_type is regression: logits are the answer
  std::vector<std::string> labels;  // id2label in id order
  std::array<HeadConfig, kHeads> heads;
  bool pretraining_masks = false;  // checkpoints of pre-training hold the head for masked words

  /// Width of the embedding tables.
  int embedding_width() const { return embedding_size > 0 ? embedding_size : hidden_size; }
  /// Columns of the decoder's keys.
  int decoder_head_dim() const { return head_dim > 0 ? head_dim : hidden_size / decoder.heads; }
  int decoder_width() const {
    return decoder_head_dim() * (decoder.kv_heads > 0 ? decoder.kv_heads : decoder.heads);
  }
  int table_positions() const { return position_rows > 0 ? position_rows : max_positions; }
  /// Layers with weights of their own, and how many are run.
  int own_layers() const { return layer_groups > 0 ? layer_groups * inner_layers : encoder.layers; }
  int run_layers() const { return encoder.layers * inner_layers; }

  HeadConfig& head(Head kind) { return heads[static_cast<size_t>(kind)]; }
  const HeadConfig& head(Head kind) const { return heads[static_cast<size_t>(kind)]; }
};

/// Reads config.json. Throws unsupported-model for an unknown model_type (naming it and the known
/// ones) or a feature the engine lacks, model-format for values that make no sense.
TransformerConfig read_config(Json config);

/// Throws unsupported-option for a dtype, or an int8 cache, that is not for models of this family.
void check_weight_type(const TransformerConfig& config, WeightType type);

}  // namespace dragoman
