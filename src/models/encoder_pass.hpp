// The forward pass of every encoder: embeddings, layers, head.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/attention_plan.hpp"
#include "models/encoder_model.hpp"
#include "models/parts.hpp"

namespace dragoman {

class TransformerPass final : public EncoderPass {
 public:
  /// Checks everything, so that no step can fail for the input's sake.
  TransformerPass(const EncoderParts& parts, std::span<const EncoderInput> inputs,
                  PassOptions options);
  bool step(const Context& context) override;
  View<const float> logits() const override { return logits_; }
  View<const float> hidden() const override { return hidden_; }
  View<const float> attentions(int sequence, int layer) const override;
  View<const float> hidden_states(int layer) const override;

 private:
  void add_input(const EncoderInput& input);
  void embed(const Context& context);
  void sum_embeddings(View<float> out) const;
  void run_next_layer(const Context& context);
  void convolve(const Context& context, View<const float> embedded);
  void keep_hidden();
  std::vector<View<float>> keep_attentions();
  void run_head(const Context& context);
  void gather_rows(View<float> out) const;
  int longest() const;
  int sequences() const { return static_cast<int>(offsets_.size()) - 1; }
  int tokens() const { return offsets_.back(); }

  const EncoderParts& parts_;
  PassOptions options_;
  std::vector<int> offsets_ = {0};
  std::vector<int32_t> ids_;
  std::vector<int32_t> types_;
  std::vector<int> rows_;  // what the head is given, where that is a choice
  // Between steps others use the arena, so what outlives a step is held here.
  std::vector<float> hidden_storage_;
  std::vector<float> logits_storage_;
  View<float> hidden_;
  View<float> logits_;
  std::vector<std::vector<float>> kept_hidden_;      // per layer
  std::vector<std::vector<float>> kept_attentions_;  // per layer, sequences one after the other
  std::optional<AttentionPlan> plan_;
  int next_layer_ = 0;
};

}  // namespace dragoman
