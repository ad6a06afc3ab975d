// The parts a model is built of, as the families name them and the passes run them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "models/config.hpp"
#include "nn/attention.hpp"
#include "nn/feed_forward.hpp"
#include "nn/linear.hpp"
#include "nn/norm.hpp"
#include "nn/positions.hpp"
#include "nn/relative_positions.hpp"
#include "nn/reshaped_slot.hpp"

namespace dragoman {

struct EncoderLayer {
  EncoderLayer(const TransformerConfig& config, int index, WeightType type);
  SelfAttention attention;
  std::optional<LayerNorm> attention_norm;  // a first layer may do without
  FeedForward ffn;
  LayerNorm ffn_norm;
};

struct DecoderLayer {
  DecoderLayer(const TransformerConfig& config, int index, WeightType type);
  SelfAttention attention;
  LayerNorm attention_norm;
  CrossAttention cross;
  LayerNorm cross_norm;
  FeedForward ffn;
  LayerNorm ffn_norm;
};

/// Vectors of tokens, from a table of their own or from the output layer they are tied to.
class TokenTable {
 public:
  TokenTable(const Embedding* table, float scale) : table_(table), scale_(scale) {}
  TokenTable(const Linear* tied, float scale) : tied_(tied), scale_(scale) {}
  int count() const { return tied_ != nullptr ? tied_->outputs() : table_->count(); }
  /// @param out  [hidden_size]: the scaled vector of `token`
  void row(int32_t token, std::span<float> out) const;

 private:
  const Embedding* table_ = nullptr;
  const Linear* tied_ = nullptr;
  float scale_;
};

/// What follows the encoder; nothing for Head::kNone.
struct EncoderHead {
  EncoderHead(const TransformerConfig& config, Head kind, WeightType type);
  size_t packed_bytes() const;
  Head kind;
  HeadConfig shape;
  std::optional<Linear> dense;
  std::optional<LayerNorm> norm;
  std::optional<Linear> output;
};

/// A convolution over the tokens beside the first layer (DeBERTa).
struct Convolution {
  Convolution(const TransformerConfig& config, WeightType type);
  size_t packed_bytes() const { return kernel.packed_bytes() + norm.packed_bytes(); }
  int width;
  Activation activation;
  Linear kernel;             // inputs: for each channel its values at neighbouring tokens
  ReshapedSlot kernel_slot;  // published as [hidden_size, hidden_size, width]
  LayerNorm norm;
};

/// An encoder and its head.
struct EncoderParts {
  EncoderParts(const TransformerConfig& config, Head head, WeightType type);
  size_t packed_bytes() const;
  TokenTable word_table() const;
  /// The layer that is run as `index` of run_layers().
  const EncoderLayer& layer_at(int index) const;
  /// Where the words' vectors lie: in a table, or in the head's output layer.
  Slot* word_slot() { return words ? words->slot() : head.output->weight_slot(); }

  TransformerConfig config;
  EncoderHead head;
  std::optional<Embedding> words;  // absent when the head's output layer serves
  std::optional<Embedding> positions;
  std::optional<Embedding> types;
  LayerNorm embedding_norm;
  std::optional<Linear> projection;  // of the embeddings
  std::vector<EncoderLayer> layers;
  std::optional<LayerNorm> final_norm;  // of layers that normalise their input
  std::optional<RelativeBias> relative_bias;
  std::optional<Embedding> relative_table;  // of disentangled attention
  std::optional<LayerNorm> relative_norm;
  std::optional<Convolution> convolution;
};

/// An encoder-decoder with an output layer over the target vocabulary.
struct Seq2SeqParts {
  Seq2SeqParts(const TransformerConfig& config, WeightType type);
  size_t packed_bytes() const;
  /// out += the vector of a position. @param learned  of the side    @param scratch  [hidden_size]
  void add_position(const std::optional<Embedding>& learned, int position, std::span<float> scratch,
                    std::span<float> out) const;
  /// Where source and target tokens take their vectors from, according to what is tied.
  TokenTable source_table() const;
  TokenTable target_table() const;

  TransformerConfig config;
  std::optional<SinusoidalPositions> sinusoids;  // of both sides
  std::optional<Embedding> source_positions;     // learned ones
  std::optional<Embedding> target_positions;
  std::optional<LayerNorm> source_norm;  // of the embeddings
  std::optional<LayerNorm> target_norm;
  std::optional<RelativeBias> source_bias;
  std::optional<RelativeBias> target_bias;
  std::optional<Embedding> source_words;  // absent when the output layer serves
  std::optional<Embedding> target_words;  // absent when the output layer or source_words serves
  std::vector<EncoderLayer> encoder;
  std::vector<DecoderLayer> decoder;
  std::optional<LayerNorm> encoder_norm;  // after layers that normalise their input
  std::optional<LayerNorm> decoder_norm;
  Linear output;             // bias: final_logits_bias
  ReshapedSlot output_bias;  // published as [1, vocab_size]

 private:
  void make_positions(WeightType type);
};

/// Throws out-of-memory when `config` describes more bytes of weights than can be addressed,
/// before anything is allocated.
void check_model_size(const TransformerConfig& config, WeightType type);

}  // namespace dragoman
