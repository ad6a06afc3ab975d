// An encoder under its published names, and whether a checkpoint is for what is wanted of it.
#include "models/encoder_model.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "models/encoder_pass.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

// The parts and the table of their names; passes share the parts and change nothing in them.
class TransformerEncoder final : public EncoderModel {
 public:
  TransformerEncoder(const TransformerConfig& config, Head head, WeightType type)
      : parts_(config, head, type) {
    family_of(config).name_encoder(parts_, slots_);
  }
  const TransformerConfig& config() const override { return parts_.config; }
  SlotTable& slots() override { return slots_; }
  void finish() override { slots_.check_complete("The model"); }
  size_t packed_bytes() const override { return parts_.packed_bytes(); }
  std::unique_ptr<EncoderPass> start(std::span<const EncoderInput> inputs,
                                     PassOptions options) const override {
    return std::make_unique<TransformerPass>(parts_, inputs, options);
  }

 private:
  EncoderParts parts_;
  SlotTable slots_;
};

// Endings of the classes in Python, and what each is for.
struct Purpose {
  std::string_view ending;
  std::string_view task;
};
constexpr std::array<Purpose, 9> kPurposes = {{
    {"ForSequenceClassification", "text-classification"},
    {"ForTokenClassification", "token-classification"},
    {"ForQuestionAnswering", "question-answering"},
    {"ForMaskedLM", "fill-mask"},
    {"ForPreTraining", "pre-training"},
    {"ForMultipleChoice", "multiple choice"},
    {"ForNextSentencePrediction", "next sentence prediction"},
    {"ForCausalLM", "text-generation"},
    {"Model", "feature-extraction"},
}};

// Of a class without such an ending the tensors will show what it is.
void check_architecture(const TransformerConfig& config, Head head) {
  const std::string& name = config.architecture;
  if (head == Head::kNone) return;
  for (const auto& [ending, task] : kPurposes) {
    if (!name.ends_with(ending) || task == task_of(head)) continue;
    // Pre-training has the head of masked words where Python's class for them finds it.
    if (task == "pre-training" && head == Head::kMaskedLm && config.pretraining_masks) continue;
    throw Error(ErrorCode::kUnsupportedModel, "config.json: the architecture \"" + name +
                                                  "\" is for " + std::string(task) + ", not for " +
                                                  std::string(task_of(head)) + ".");
  }
}

}  // namespace

std::string_view task_of(Head head) {
  constexpr std::array<std::string_view, kHeads> kTasks = {
      "feature-extraction", "text-classification", "token-classification", "question-answering",
      "fill-mask"};
  return kTasks[static_cast<size_t>(head)];
}

std::unique_ptr<EncoderModel> make_encoder_model(const TransformerConfig& config, Head head,
                                                 WeightType type) {
  if (family_of(config).name_encoder == nullptr) {
    throw Error(ErrorCode::kUnsupportedModel, "A model of type \"" + config.model_type +
                                                  "\" is not for " + std::string(task_of(head)) +
                                                  ".");
  }
  check_architecture(config, head);
  if (!config.head(head).refusal.empty()) {
    throw Error(ErrorCode::kUnsupportedModel,
                "config.json: " + std::string(config.head(head).refusal) + ".");
  }
  if (head == Head::kSpan && config.labels.size() != 2) {
    throw Error(ErrorCode::kUnsupportedModel,
                "config.json: question-answering takes two labels, start and end, not " +
                    std::to_string(config.labels.size()) + ".");
  }
  check_model_size(config, type);
  return std::make_unique<TransformerEncoder>(config, head, type);
}

}  // namespace dragoman
