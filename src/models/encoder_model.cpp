// Sequence classification over an encoder: embeddings, layers, pooled first token, head.
#include "models/encoder_model.hpp"

#include <algorithm>
#include <vector>

#include "kernels/rows.hpp"
#include "models/families.hpp"
#include "models/inputs.hpp"
#include "models/layers.hpp"

namespace dragoman {

namespace {

View<float> view_of(std::vector<float>& storage, int rows, int cols) {
  storage.resize(static_cast<size_t>(rows) * static_cast<size_t>(cols));
  return {storage.data(), rows, cols};
}

class ClassifierPass final : public EncoderPass {
 public:
  // Checks everything first, so that no step can fail for the input's sake.
  ClassifierPass(const ClassifierParts& parts, std::span<const EncoderInput> inputs);
  bool step(const Context& context) override;
  View<const float> logits() const override { return logits_; }
  View<const float> hidden() const override { return hidden_; }

 private:
  void embed(const Context& context);
  void run_head(const Context& context);
  int sequences() const { return static_cast<int>(offsets_.size()) - 1; }

  const ClassifierParts& parts_;
  std::vector<int> offsets_ = {0};
  std::vector<int32_t> ids_;
  std::vector<int32_t> types_;
  // Between steps others use the arena, so what outlives a step is held here.
  std::vector<float> hidden_storage_;
  std::vector<float> logits_storage_;
  View<float> hidden_;
  View<float> logits_;
  size_t next_layer_ = 0;
};

ClassifierPass::ClassifierPass(const ClassifierParts& parts, std::span<const EncoderInput> inputs)
    : parts_(parts) {
  const TransformerConfig& config = parts.config;
  for (const EncoderInput& input : inputs) {
    check_length(input.ids.size(), config.max_positions);
    check_ids(input.ids, config.vocab_size, "token id");
    check_ids(input.type_ids, config.type_vocab_size, "token type id");
    if (!input.type_ids.empty() && input.type_ids.size() != input.ids.size()) {
      throw Error(ErrorCode::kInvalidArgument, std::to_string(input.type_ids.size()) +
                                                   " token type ids were given for " +
                                                   std::to_string(input.ids.size()) + " tokens.");
    }
    ids_.insert(ids_.end(), input.ids.begin(), input.ids.end());
    types_.insert(types_.end(), input.type_ids.begin(), input.type_ids.end());
    types_.resize(ids_.size(), 0);  // no types given: all of the first kind
    offsets_.push_back(static_cast<int>(ids_.size()));
  }
  hidden_ = view_of(hidden_storage_, static_cast<int>(ids_.size()), config.hidden_size);
  logits_ = view_of(logits_storage_, sequences(), static_cast<int>(config.labels.size()));
}

bool ClassifierPass::step(const Context& context) {
  if (next_layer_ == parts_.layers.size()) return false;
  if (next_layer_ == 0) embed(context);
  run_layer(context, parts_.layers[next_layer_], parts_.config.norm_place, offsets_, hidden_);
  ++next_layer_;
  if (next_layer_ < parts_.layers.size()) return true;
  run_head(context);
  return false;
}

// Words, then types, then positions: the order of additions of the reference.
void ClassifierPass::embed(const Context& context) {
  std::vector<float> other(static_cast<size_t>(hidden_.cols));
  for (int sequence = 0; sequence < sequences(); ++sequence) {
    const int first = offsets_[static_cast<size_t>(sequence)];
    const int end = offsets_[static_cast<size_t>(sequence) + 1];
    for (int row = first; row < end; ++row) {
      const std::span<float> out = hidden_.row_span(row);
      parts_.words.row(ids_[static_cast<size_t>(row)], out);
      parts_.types.row(types_[static_cast<size_t>(row)], other);
      add(other, out);
      parts_.positions.row(row - first, other);
      add(other, out);
    }
  }
  parts_.embedding_norm.forward(context, hidden_, hidden_);
}

// Only the first token of each sequence, [CLS], reaches the head.
void ClassifierPass::run_head(const Context& context) {
  const ArenaScope scope(context.arena);
  const int width = hidden_.cols;
  const auto count = static_cast<size_t>(sequences()) * static_cast<size_t>(width);
  const View<float> first(context.arena.take<float>(count).data(), sequences(), width);
  const View<float> pooled(context.arena.take<float>(count).data(), sequences(), width);
  for (int i = 0; i < sequences(); ++i) {
    std::copy_n(hidden_.row(offsets_[static_cast<size_t>(i)]), width, first.row(i));
  }
  parts_.pooler.forward(context, first, {.activation = Activation::kTanh}, pooled);
  parts_.classifier.forward(context, pooled, {}, logits_);
}

// The parts and the table of their names; passes share the parts and change nothing in them.
class Classifier final : public SequenceClassifier {
 public:
  Classifier(const TransformerConfig& config, WeightType type) : parts_(config, type) {
    family_of(config).name_classifier(parts_, slots_);
  }
  const TransformerConfig& config() const override { return parts_.config; }
  SlotTable& slots() override { return slots_; }
  void finish() override { slots_.check_complete("The model"); }
  size_t packed_bytes() const override { return parts_.packed_bytes(); }
  std::unique_ptr<EncoderPass> start(std::span<const EncoderInput> inputs) const override {
    return std::make_unique<ClassifierPass>(parts_, inputs);
  }

 private:
  ClassifierParts parts_;
  SlotTable slots_;
};

}  // namespace

std::unique_ptr<SequenceClassifier> make_sequence_classifier(const TransformerConfig& config,
                                                             WeightType type) {
  if (family_of(config).name_classifier == nullptr) {
    throw Error(ErrorCode::kUnsupportedModel,
                "A model of type \"" + config.model_type + "\" does not classify sequences.");
  }
  check_model_size(config, type);
  return std::make_unique<Classifier>(config, type);
}

}  // namespace dragoman
