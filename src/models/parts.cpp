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

template <typename Part>
size_t bytes_of(const std::optional<Part>& part) {
  return part ? part->packed_bytes() : 0;
}

// Overloads on the layer let one template below serve both stacks.
size_t layer_bytes(const EncoderLayer& layer) {
  return layer.attention.packed_bytes() + bytes_of(layer.attention_norm) +
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
  for (int i = 0; i < count; ++i) layers.emplace_back(config, i, type);
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

AttentionShape attention_shape(const TransformerConfig& config, const StackConfig& stack) {
  const AttentionPositions& positions = config.attention;
  const Disentangled& disentangled = positions.disentangled;
  return {.hidden_size = config.hidden_size,
          .heads = stack.heads,
          .head_dim = config.head_dim,
          .kv_heads = stack.kv_heads,
          .bias = config.attention_bias,
          .output_bias = config.attention_output_bias,
          .scaled = config.scale_attention,
          .qk_norm = config.qk_norm ? config.norm_epsilon : 0.0F,
          .disentangled = positions.has_table ? disentangled : Disentangled{},
          .scale_factor = 1 + static_cast<int>(disentangled.content_to_position) +
                          static_cast<int>(disentangled.position_to_content)};
}

FeedForwardShape ffn_shape(const TransformerConfig& config, const StackConfig& stack) {
  return {.hidden_size = config.hidden_size,
          .ffn_size = stack.ffn_size,
          .activation = config.activation,
          .gated = config.gated_ffn,
          .bias = config.ffn_bias};
}

[[noreturn]] void refuse_size(uint64_t elements) {
  throw Error(ErrorCode::kOutOfMemory, "config.json describes a model of " +
                                           std::to_string(elements) +
                                           " parameters, more than can be held in memory.");
}

}  // namespace

EncoderLayer::EncoderLayer(const TransformerConfig& config, int index, WeightType type)
    : attention(attention_shape(config, config.encoder), type),
      ffn(ffn_shape(config, config.encoder), type),
      ffn_norm(config.hidden_size, config.norm_epsilon, config.norm_kind, config.norm_offset) {
  const bool bare = config.norm_place == NormPlace::kPre && !config.norm_first && index == 0;
  if (bare) return;
  attention_norm.emplace(config.hidden_size, config.norm_epsilon, config.norm_kind,
                         config.norm_offset);
}

DecoderLayer::DecoderLayer(const TransformerConfig& config, int /*index*/, WeightType type)
    : attention(attention_shape(config, config.decoder), type),
      attention_norm(config.hidden_size, config.norm_epsilon, config.norm_kind),
      cross(attention_shape(config, config.decoder), type),
      cross_norm(config.hidden_size, config.norm_epsilon, config.norm_kind),
      ffn(ffn_shape(config, config.decoder), type),
      ffn_norm(config.hidden_size, config.norm_epsilon, config.norm_kind) {}

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
  constexpr OperandRole kRole = OperandRole::kWeights7;
  const int inputs = shape.dense > 0 ? shape.dense : config.hidden_size;
  if (shape.dense > 0) {
    dense.emplace(config.hidden_size, shape.dense, type, kRole, shape.dense_bias);
  }
  if (shape.norm) norm.emplace(inputs, config.norm_epsilon);
  output.emplace(inputs, head_outputs(config, kind), type, kRole, shape.output_bias);
}

size_t EncoderHead::packed_bytes() const {
  return bytes_of(dense) + bytes_of(norm) + bytes_of(output);
}

Convolution::Convolution(const TransformerConfig& config, WeightType type)
    : width(config.convolution),
      activation(config.convolution_activation),
      kernel(config.hidden_size * width, config.hidden_size, type, OperandRole::kWeights7),
      kernel_slot(kernel.weight_slot(), {config.hidden_size, config.hidden_size, width}),
      norm(config.hidden_size, config.norm_epsilon) {}

EncoderParts::EncoderParts(const TransformerConfig& given, Head kind, WeightType type)
    : config(given),
      head(config, kind, type),
      embedding_norm(config.embedding_projection == EmbeddingProjection::kBeforeNorm
                         ? config.hidden_size
                         : config.embedding_width(),
                     config.norm_epsilon),
      layers(make_layers<EncoderLayer>(config.own_layers(), config, type)) {
  const int width = config.embedding_width();
  const int hidden = config.hidden_size;
  // One packed copy serves as table and as output layer.
  if (kind != Head::kMaskedLm || !config.tie_embeddings) {
    words.emplace(config.vocab_size, width, type);
  }
  if (config.positions == Positions::kLearned) {
    positions.emplace(config.table_positions(), width, type);
  }
  if (config.type_vocab_size > 0) {
    types.emplace(config.type_vocab_size, width, kTypeTableWeights);
  }
  if (config.embedding_projection != EmbeddingProjection::kNone) {
    const bool bias = config.embedding_projection == EmbeddingProjection::kAfterNorm;
    projection.emplace(width, hidden, type, OperandRole::kWeights7, bias);
  }
  if (config.norm_place == NormPlace::kPre) final_norm.emplace(hidden, config.norm_epsilon);
  if (config.convolution > 0) convolution.emplace(config, type);
  const AttentionPositions& attention = config.attention;
  if (attention.bias_buckets > 0) {
    relative_bias.emplace(attention.bias_buckets, attention.bias_max_distance, true,
                          config.encoder.heads);
  }
  if (attention.has_table) relative_table.emplace(2 * attention.span, hidden, type);
  if (attention.norm_table) relative_norm.emplace(hidden, config.norm_epsilon);
}

// Group g of n serves the g-th part of the runs; in it the layers follow one another.
const EncoderLayer& EncoderParts::layer_at(int index) const {
  if (config.layer_groups == 0) return layers[static_cast<size_t>(index)];
  const int inner = config.inner_layers;
  const int group = index / inner * config.layer_groups / config.encoder.layers;
  return layers[static_cast<size_t>(group * inner + index % inner)];
}

TokenTable EncoderParts::word_table() const {
  return words ? TokenTable(&*words, 1.0F) : TokenTable(&*head.output, 1.0F);
}

size_t EncoderParts::packed_bytes() const {
  return head.packed_bytes() + bytes_of(words) + bytes_of(positions) + bytes_of(types) +
         embedding_norm.packed_bytes() + bytes_of(projection) + stack_bytes(layers) +
         bytes_of(final_norm) + bytes_of(relative_bias) + bytes_of(relative_table) +
         bytes_of(relative_norm) + bytes_of(convolution);
}

Seq2SeqParts::Seq2SeqParts(const TransformerConfig& given, WeightType type)
    : config(given),
      encoder(make_layers<EncoderLayer>(config.encoder.layers, config, type)),
      decoder(make_layers<DecoderLayer>(config.decoder.layers, config, type)),
      output(config.hidden_size, config.decoder_vocab_size, type, OperandRole::kWeights7),
      output_bias(output.bias_slot(), {1, config.decoder_vocab_size}) {
  make_positions(type);
  if (config.embedding_norm) {
    source_norm.emplace(config.hidden_size, config.norm_epsilon);
    target_norm.emplace(config.hidden_size, config.norm_epsilon);
  }
  if (config.norm_place == NormPlace::kPre) {
    encoder_norm.emplace(config.hidden_size, config.norm_epsilon, config.norm_kind);
    decoder_norm.emplace(config.hidden_size, config.norm_epsilon, config.norm_kind);
  }
  // What is tied is not built: the output layer's rows are read instead, so one packed copy
  // serves as many as three published names.
  if (!(config.tie_embeddings && config.share_embeddings)) {
    source_words.emplace(config.vocab_size, config.hidden_size, type);
  }
  if (!config.tie_embeddings && !config.share_embeddings) {
    target_words.emplace(config.decoder_vocab_size, config.hidden_size, type);
  }
}

void Seq2SeqParts::make_positions(WeightType type) {
  const int hidden = config.hidden_size;
  const AttentionPositions& attention = config.attention;
  if (attention.bias_buckets > 0) {
    source_bias.emplace(attention.bias_buckets, attention.bias_max_distance, true,
                        config.encoder.heads);
    target_bias.emplace(attention.bias_buckets, attention.bias_max_distance, false,
                        config.decoder.heads);
  }
  if (config.positions == Positions::kNone) return;
  if (config.positions == Positions::kLearned) {
    source_positions.emplace(config.table_positions(), hidden, type);
    target_positions.emplace(config.table_positions(), hidden, type);
    return;
  }
  const auto kind = config.positions == Positions::kSinusoidal ? SinusoidalKind::kMarian
                                                               : SinusoidalKind::kFairseq;
  sinusoids.emplace(config.max_positions, hidden, kind, config.first_position);
}

void Seq2SeqParts::add_position(const std::optional<Embedding>& learned, int position,
                                std::span<float> scratch, std::span<float> out) const {
  if (sinusoids) {
    add(sinusoids->row(position), out);
  } else if (learned) {
    learned->row(config.first_position + position, scratch);
    add(scratch, out);
  }
}

size_t Seq2SeqParts::packed_bytes() const {
  return bytes_of(sinusoids) + bytes_of(source_positions) + bytes_of(target_positions) +
         bytes_of(source_norm) + bytes_of(target_norm) + bytes_of(source_bias) +
         bytes_of(target_bias) + bytes_of(source_words) + bytes_of(target_words) +
         stack_bytes(encoder) + stack_bytes(decoder) + bytes_of(encoder_norm) +
         bytes_of(decoder_norm) + output.packed_bytes();
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
  // Tables are as wide as the embeddings; the heads' matrices that are tied to them too.
  const auto width = static_cast<uint64_t>(config.embedding_width());
  const auto words = static_cast<uint64_t>(config.vocab_size);
  const auto target_words = static_cast<uint64_t>(config.decoder_vocab_size);
  const bool has_positions = config.positions != Positions::kNone;
  const auto positions = static_cast<uint64_t>(has_positions ? config.table_positions() : 0);
  const auto relative = static_cast<uint64_t>(2 * config.attention.span);
  const auto convolution = static_cast<uint64_t>(config.convolution);
  StackConfig encoder = config.encoder;
  encoder.layers = config.own_layers();
  const uint64_t elements = (words + target_words + positions) * width + relative * hidden +
                            convolution * hidden * hidden + stack_elements(encoder, hidden, 1) +
                            stack_elements(config.decoder, hidden, 2);
  const uint64_t element_bytes = type == WeightType::kFp32 ? sizeof(float) : 1;
  constexpr auto kAddressable = static_cast<uint64_t>(std::numeric_limits<size_t>::max());
  // Sizes pass between layers as int32, so no table may have more elements than that.
  const uint64_t largest = std::max({words, target_words, positions}) * width + relative * hidden +
                           convolution * hidden * hidden;
  if (largest > std::numeric_limits<int32_t>::max() ||
      elements > std::min(kAddressable, kMaxModelBytes) / element_bytes) {
    refuse_size(elements);
  }
}

}  // namespace dragoman
