// The table of model families. A family is a page: how its config.json reads, and under which
// names its tensors are published.
#pragma once

#include <array>
#include <string_view>

#include "models/causal_parts.hpp"
#include "models/config_reader.hpp"
#include "models/parts.hpp"
#include "nn/slots.hpp"

namespace dragoman {

struct Family {
  std::string_view model_type;
  TransformerConfig (*read)(const ConfigReader& config);
  // Each names the tensors of one kind of model; null where the family has no such models.
  void (*name_encoder)(EncoderParts& parts, SlotTable& slots);
  void (*name_seq2seq)(Seq2SeqParts& parts, SlotTable& slots);
  void (*name_causal)(CausalParts& parts, SlotTable& slots) = nullptr;
};

extern const Family kAlbertFamily;
extern const Family kBartFamily;
extern const Family kBertFamily;
extern const Family kCamembertFamily;
extern const Family kDebertaV2Family;
extern const Family kDistilbertFamily;
extern const Family kElectraFamily;
extern const Family kGemmaFamily;
extern const Family kGpt2Family;
extern const Family kLlamaFamily;
extern const Family kM2M100Family;
extern const Family kMarianFamily;
extern const Family kMbartFamily;
extern const Family kMistralFamily;
extern const Family kModernbertFamily;
extern const Family kMpnetFamily;
extern const Family kPegasusFamily;
extern const Family kQwen2Family;
extern const Family kQwen3Family;
extern const Family kRobertaFamily;
extern const Family kT5Family;
extern const Family kXlmRobertaFamily;

inline constexpr std::array<const Family*, 22> kFamilies = {
    &kAlbertFamily,     &kBartFamily,       &kBertFamily,  &kCamembertFamily, &kDebertaV2Family,
    &kDistilbertFamily, &kElectraFamily,    &kGemmaFamily, &kGpt2Family,      &kLlamaFamily,
    &kM2M100Family,     &kMarianFamily,     &kMbartFamily, &kMistralFamily,   &kModernbertFamily,
    &kMpnetFamily,      &kPegasusFamily,    &kQwen2Family, &kQwen3Family,     &kRobertaFamily,
    &kT5Family,         &kXlmRobertaFamily,
};

/// The family read_config() found.
const Family& family_of(const TransformerConfig& config);

}  // namespace dragoman
