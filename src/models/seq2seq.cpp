// The encoder-decoder model: its parts under their published names.
#include "models/seq2seq.hpp"

#include "models/families.hpp"
#include "models/seq2seq_session.hpp"

namespace dragoman {

namespace {

// The parts and the table of their names; sessions share the parts and change nothing in them.
class TransformerSeq2Seq final : public Seq2SeqModel {
 public:
  TransformerSeq2Seq(const TransformerConfig& config, WeightType type) : parts_(config, type) {
    family_of(config).name_seq2seq(parts_, slots_);
  }
  const TransformerConfig& config() const override { return parts_.config; }
  SlotTable& slots() override { return slots_; }
  void finish() override { slots_.check_complete("The model"); }
  size_t packed_bytes() const override { return parts_.packed_bytes(); }
  std::unique_ptr<Seq2SeqSession> start_session() const override {
    return std::make_unique<TransformerSession>(parts_);
  }

 private:
  Seq2SeqParts parts_;
  SlotTable slots_;
};

}  // namespace

std::unique_ptr<Seq2SeqModel> make_seq2seq_model(const TransformerConfig& config, WeightType type) {
  if (family_of(config).name_seq2seq == nullptr) {
    throw Error(ErrorCode::kUnsupportedModel,
                "A model of type \"" + config.model_type + "\" does not generate text from text.");
  }
  check_model_size(config, type);
  return std::make_unique<TransformerSeq2Seq>(config, type);
}

}  // namespace dragoman
