// Construction of models from their configuration, and the sizes of what was built.
#include "models/parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

namespace {

// Type vectors are few, and their error would reach every token.
constexpr WeightType kTypeTableWeights = WeightType::kFp32;

// Where nothing tells how much memory there is (a native 64-bit build), a bound far above what
// this engine is for, so that a damaged config.json cannot bring the machine down.
constexpr uint64_t kMaxModelBytes = uint64_t{1} << 36;

float embedding_scale(const TransformerConfig& config) {
  return config.scale_embedding ? std::sqrt(static_cast<float>(config.hidden_size)) : 1.0F;
}

// Overloads on the layer let one template below serve both stacks.
size_t layer_bytes(const EncoderLayer& layer) {
  return layer.attention.packed_bytes() + layer.attention_norm.packed_bytes() +
         layer.ffn.packed_bytes() + layer.ffn_norm.packed_bytes();
}

size_t layer_bytes(const DecoderLayer& layer) {
  return layer.attention.packed_bytes() + layer.attention_norm.packed_bytes() +
         layer.cross.packed_bytes() + layer.cross_norm.packed_bytes() + layer.ffn.packed_bytes() +
         layer.ffn_norm.packed_bytes();
}

template <typename Layer>
std::vector<Layer> make_layers(int count, const TransformerConfig& config, WeightType type) {
  std::vector<Layer> layers;
  layers.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) layers.emplace_back(config, type);
  return layers;
}

template <typename Layer>
size_t stack_bytes(const std::vector<Layer>& layers) {
  size_t total = 0;
  for (const Layer& layer : layers) total += layer_bytes(layer);
  return total;
}

// Elements of one stack's matrices. @param attentions  of a layer, with four matrices each
uint64_t stack_elements(const StackConfig& stack, uint64_t hidden, uint64_t attentions) {
  const uint64_t layer =
      4 * attentions * hidden * hidden + 2 * hidden * static_cast<uint64_t>(stack.ffn_size);
  return static_cast<uint64_t>(stack.layers) * layer;
}

int head_outputs(const TransformerConfig& config, Head kind) {
  if (kind == Head::kMaskedLm) return config.vocab_size;
  return kind == Head::kSpan ? 2 : static_cast<int>(config.labels.size());
}

[[noreturn]] void refuse_size(uint64_t elements) {
  throw Error(ErrorCode::kOutOfMemory, "config.json describes a model of " +
                                           std::to_string(elements) +
                                           " parameters, more than can be held in memory.");
}

}  // namespace

EncoderLayer::EncoderLayer(const TransformerConfig& config, WeightType type)
    : attention(config.hidden_size, config.encoder.heads, type),
      attention_norm(config.hidden_size, config.norm_epsilon),
      ffn(config.hidden_size, config.encoder.ffn_size, config.activation, type),
      ffn_norm(config.hidden_size, config.norm_epsilon) {}

DecoderLayer::DecoderLayer(const TransformerConfig& config, WeightType type)
    : attention(config.hidden_size, config.decoder.heads, type),
      attention_norm(config.hidden_size, config.norm_epsilon),
      cross(config.hidden_size, config.decoder.heads, type),
      cross_norm(config.hidden_size, config.norm_epsilon),
      ffn(config.hidden_size, config.decoder.ffn_size, config.activation, type),
      ffn_norm(config.hidden_size, config.norm_epsilon) {}

void TokenTable::row(int32_t token, std::span<float> out) const {
  if (tied_ != nullptr) {
    tied_->weight_row(token, out);
  } else {
    table_->row(token, out);
  }
  if (scale_ != 1.0F) scale(out, scale_, out);
}

EncoderHead::EncoderHead(const TransformerConfig& config, Head given, WeightType type)
    : kind(given), shape(config.head(given)) {
  if (kind == Head::kNone) return;
  const int inputs = shape.dense > 0 ? shape.dense : config.hidden_size;
  if (shape.dense > 0) {
    dense.emplace(config.hidden_size, shape.dense, type, OperandRole::kWeights7);
  }
  if (shape.norm) norm.emplace(inputs, config.norm_epsilon);
  output.emplace(inputs, head_outputs(config, kind), type, OperandRole::kWeights7);
}

size_t EncoderHead::packed_bytes() const {
  return (dense ? dense->packed_bytes() : 0) + (norm ? norm->packed_bytes() : 0) +
         (output ? output->packed_bytes() : 0);
}

EncoderParts::EncoderParts(const TransformerConfig& given, Head kind, WeightType type)
    : config(given),
      head(config, kind, type),
      positions(config.max_positions, config.hidden_size, type),
      types(config.type_vocab_size, config.hidden_size, kTypeTableWeights),
      embedding_norm(config.hidden_size, config.norm_epsilon),
      layers(make_layers<EncoderLayer>(config.encoder.layers, config, type)) {
  // One packed copy serves as table and as output layer.
  if (kind != Head::kMaskedLm || !config.tie_embeddings) {
    words.emplace(config.vocab_size, config.hidden_size, type);
  }
}

TokenTable EncoderParts::word_table() const {
  return words ? TokenTable(&*words, 1.0F) : TokenTable(&*head.output, 1.0F);
}

size_t EncoderParts::packed_bytes() const {
  return head.packed_bytes() + (words ? words->packed_bytes() : 0) + positions.packed_bytes() +
         types.packed_bytes() + embedding_norm.packed_bytes() + stack_bytes(layers);
}

Seq2SeqParts::Seq2SeqParts(const TransformerConfig& given, WeightType type)
    : config(given),
      positions(config.max_positions, config.hidden_size),
      encoder(make_layers<EncoderLayer>(config.encoder.layers, config, type)),
      decoder(make_layers<DecoderLayer>(config.decoder.layers, config, type)),
      output(config.hidden_size, config.decoder_vocab_size, type, OperandRole::kWeights7),
      output_bias(output.bias_slot(), {1, config.decoder_vocab_size}) {
  // What is tied is not built: the output layer's rows are read instead, so one packed copy
  // serves as many as three published names.
  if (!(config.tie_embeddings && config.share_embeddings)) {
    source_words.emplace(config.vocab_size, config.hidden_size, type);
  }
  if (!config.tie_embeddings && !config.share_embeddings) {
    target_words.emplace(config.decoder_vocab_size, config.hidden_size, type);
  }
}

size_t Seq2SeqParts::packed_bytes() const {
  return positions.packed_bytes() + (source_words ? source_words->packed_bytes() : 0) +
         (target_words ? target_words->packed_bytes() : 0) + stack_bytes(encoder) +
         stack_bytes(decoder) + output.packed_bytes();
}

TokenTable Seq2SeqParts::source_table() const {
  const float scale = embedding_scale(config);
  return source_words ? TokenTable(&*source_words, scale) : TokenTable(&output, scale);
}

TokenTable Seq2SeqParts::target_table() const {
  const float scale = embedding_scale(config);
  if (config.tie_embeddings) return {&output, scale};
  return target_words ? TokenTable(&*target_words, scale) : TokenTable(&*source_words, scale);
}

void check_model_size(const TransformerConfig& config, WeightType type) {
  const auto hidden = static_cast<uint64_t>(config.hidden_size);
  const auto words = static_cast<uint64_t>(config.vocab_size);
  const auto target_words = static_cast<uint64_t>(config.decoder_vocab_size);
  const auto positions = static_cast<uint64_t>(config.max_positions);
  const uint64_t elements = (words + target_words + positions) * hidden +
                            stack_elements(config.encoder, hidden, 1) +
                            stack_elements(config.decoder, hidden, 2);
  const uint64_t element_bytes = type == WeightType::kFp32 ? sizeof(float) : 1;
  constexpr auto kAddressable = static_cast<uint64_t>(std::numeric_limits<size_t>::max());
  // Sizes pass between layers as int32, so no table may have more elements than that.
  const uint64_t largest = std::max({words, target_words, positions}) * hidden;
  if (largest > std::numeric_limits<int32_t>::max() ||
      elements > std::min(kAddressable, kMaxModelBytes) / element_bytes) {
    refuse_size(elements);
  }
}

}  // namespace dragoman
