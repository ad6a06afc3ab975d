// What every encoder-only family gives the tasks: one forward pass, with or without a head.
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
  /// Same length, or empty for all zero. A model without types does not look at them.
  std::span<const int32_t> type_ids = {};
  /// Head::kMaskedLm alone: positions whose logits are wanted; empty: all.
  std::span<const int32_t> rows = {};
};

/// What a pass keeps besides its results. Both grow with every layer.
struct PassOptions {
  bool attentions = false;
  bool hidden_states = false;
};

/// A forward pass in bounded pieces. Results are there after the last step, as long as the pass.
class EncoderPass {
 public:
  virtual ~EncoderPass() = default;
  /// Runs one layer. @returns true while more remains.
  virtual bool step(const Context& context) = 0;

  /// Logits of the head:
  ///   kSequence  [sequences, labels]
  ///   kToken     [tokens of all sequences, labels]
  ///   kSpan      [tokens of all sequences, 2]: start, end
  ///   kMaskedLm  [wanted rows of all sequences, vocab_size]
  ///   kNone      no rows
  virtual View<const float> logits() const = 0;
  /// The encoder's output, [tokens of all sequences, hidden_size].
  virtual View<const float> hidden() const = 0;
  /// Where asked for: what softmax gave in the order of Python's `attentions`,
  /// [heads * tokens, tokens] with the rows of one head together.
  virtual View<const float> attentions(int sequence, int layer) const = 0;
  /// Where asked for: Python's `hidden_states`, [tokens of all sequences, hidden_size]; 0 is what
  /// the first layer was given.
  virtual View<const float> hidden_states(int layer) const = 0;
};

class EncoderModel {
 public:
  virtual ~EncoderModel() = default;
  virtual const TransformerConfig& config() const = 0;
  virtual SlotTable& slots() = 0;
  /// Call once after all weights are in place; throws model-incomplete or model-format.
  virtual void finish() = 0;
  virtual size_t packed_bytes() const = 0;
  /// Throws input-too-long for more ids than the model has positions, invalid-argument for an
  /// empty sequence, an id outside the vocabulary or a row outside the sequence. The model must
  /// outlive the pass.
  /// @param inputs  checked and copied
  virtual std::unique_ptr<EncoderPass> start(std::span<const EncoderInput> inputs,
                                             PassOptions options = {}) const = 0;
};

/// Builds an empty model of the family config.json names; weights come through slots().
/// Throws unsupported-model for a family or a checkpoint that is not for this head (of any with an
/// encoder, kNone takes the encoder alone), out-of-memory for a size that cannot be addressed.
std::unique_ptr<EncoderModel> make_encoder_model(const TransformerConfig& config, Head head,
                                                 WeightType type);

}  // namespace dragoman
