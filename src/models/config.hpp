// The one description of a transformer that every family's config.json is mapped to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "kernels/activations.hpp"
#include "tensor/dtype.hpp"

namespace dragoman {

enum class Positions { kLearned, kSinusoidal };
/// Where a block normalises: its sum with the residual (post), or its input (pre).
enum class NormPlace { kPost, kPre };

/// What an encoder is used for: which layers follow it, and which tensors of a file are needed.
enum class Head { kNone, kSequence, kToken, kSpan, kMaskedLm };
constexpr size_t kHeads = 5;

/// The task a head serves, as pipelines call it; of kNone "feature-extraction".
std::string_view task_of(Head head);

/// What lies between the encoder's output and the last matrix of a head.
struct HeadConfig {
  int dense = 0;                              // outputs of a matrix of its own; 0: there is none
  Activation activation = Activation::kNone;  // of what that matrix gave
  bool norm = false;                          // and a layer norm after that
};

/// Shapes and switches of one stack (encoder or decoder).
struct StackConfig {
  int layers = 0;
  int heads = 0;
  int ffn_size = 0;
};

struct TransformerConfig {
  std::string model_type;    // "bert", "marian"
  std::string architecture;  // the class the checkpoint was saved from, or empty
  int hidden_size = 0;
  int vocab_size = 0;          // of the encoder, or of both sides
  int decoder_vocab_size = 0;  // == vocab_size when shared
  int max_positions = 0;
  int type_vocab_size = 0;
  StackConfig encoder;
  StackConfig decoder;  // layers == 0: none
  Activation activation = Activation::kGelu;
  Positions positions = Positions::kLearned;
  NormPlace norm_place = NormPlace::kPost;
  float norm_epsilon = 1e-12F;
  bool scale_embedding = false;
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

  HeadConfig& head(Head kind) { return heads[static_cast<size_t>(kind)]; }
  const HeadConfig& head(Head kind) const { return heads[static_cast<size_t>(kind)]; }
};

/// Reads config.json. Throws unsupported-model for an unknown model_type (naming it and the known
/// ones) or a feature the engine lacks, model-format for values that make no sense.
TransformerConfig read_config(Json config);

}  // namespace dragoman
