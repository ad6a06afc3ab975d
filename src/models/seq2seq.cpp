// Models that generate: their parts under their published names.
#include "models/seq2seq.hpp"

#include <type_traits>

#include "models/causal_session.hpp"
#include "models/families.hpp"
#include "models/seq2seq_session.hpp"

namespace dragoman {

namespace {

// The parts and the table of their names; sessions share the parts and change nothing in them.
template <typename Parts, typename Session>
class Generative final : public Seq2SeqModel {
 public:
  Generative(const TransformerConfig& config, WeightType type,
             void (*name)(Parts& parts, SlotTable& slots))
      : parts_(config, type) {
    name(parts_, slots_);
  }
  const TransformerConfig& config() const override { return parts_.config; }
  SlotTable& slots() override { return slots_; }
  void finish() override { slots_.check_complete("The model"); }
  size_t packed_bytes() const override { return parts_.packed_bytes(); }
  bool continues_source() const override { return std::is_same_v<Parts, CausalParts>; }
  std::unique_ptr<Seq2SeqSession> start_session() const override {
    return std::make_unique<Session>(parts_);
  }

 private:
  Parts parts_;
  SlotTable slots_;
};

}  // namespace

std::unique_ptr<Seq2SeqModel> make_seq2seq_model(const TransformerConfig& config, WeightType type) {
  if (family_of(config).name_seq2seq == nullptr) {
    throw Error(ErrorCode::kUnsupportedModel,
                "A model of type \"" + config.model_type + "\" does not generate text from text.");
  }
  check_model_size(config, type);
  return std::make_unique<Generative<Seq2SeqParts, TransformerSession>>(
      config, type, family_of(config).name_seq2seq);
}

std::unique_ptr<Seq2SeqModel> make_causal_model(const TransformerConfig& config, WeightType type) {
  if (family_of(config).name_causal == nullptr) {
    throw Error(ErrorCode::kUnsupportedModel,
                "A model of type \"" + config.model_type + "\" does not continue texts.");
  }
  check_model_size(config, type);
  return std::make_unique<Generative<CausalParts, CausalSession>>(config, type,
                                                                  family_of(config).name_causal);
}

}  // namespace dragoman
