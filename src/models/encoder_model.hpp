// What every encoder-only family with a classification head gives the tasks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/context.hpp"
#include "models/config.hpp"
#include "nn/slots.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// One sequence of a ragged batch: no padding, no attention mask.
struct EncoderInput {
  std::span<const int32_t> ids;
  std::span<const int32_t> type_ids;  // same length, or empty for all zero
};

/// A forward pass in bounded pieces.
class EncoderPass {
 public:
  virtual ~EncoderPass() = default;
  /// Runs one layer. @returns true while more remains.
  virtual bool step(const Context& context) = 0;
  /// After the last step: logits of the head, [sequences, num_labels].
  virtual View<const float> logits() const = 0;
  /// After the last step: the encoder's output, [tokens of all sequences, hidden_size].
  virtual View<const float> hidden() const = 0;
};

class SequenceClassifier {
 public:
  virtual ~SequenceClassifier() = default;
  virtual const TransformerConfig& config() const = 0;
  virtual SlotTable& slots() = 0;
  /// Call once after all weights are in place; throws model-incomplete or model-format.
  virtual void finish() = 0;
  virtual size_t packed_bytes() const = 0;
  /// Throws input-too-long for more ids than max_position_embeddings, invalid-argument for an
  /// empty sequence or an id outside the vocabulary. The model must outlive the pass.
  /// @param inputs  checked and copied
  virtual std::unique_ptr<EncoderPass> start(std::span<const EncoderInput> inputs) const = 0;
};

/// Builds an empty model of the family config.json names; weights come through slots().
/// Throws unsupported-model for a family that does not classify, out-of-memory for a size that
/// cannot be addressed.
std::unique_ptr<SequenceClassifier> make_sequence_classifier(const TransformerConfig& config,
                                                             WeightType type);

}  // namespace dragoman
