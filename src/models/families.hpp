// The table of model families. A family is a page: how its config.json reads, and under which
// names its tensors are published.
#pragma once

#include <array>
#include <string_view>

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
};

extern const Family kAlbertFamily;
extern const Family kBertFamily;
extern const Family kCamembertFamily;
extern const Family kDebertaV2Family;
extern const Family kDistilbertFamily;
extern const Family kElectraFamily;
extern const Family kMarianFamily;
extern const Family kModernbertFamily;
extern const Family kMpnetFamily;
extern const Family kRobertaFamily;
extern const Family kXlmRobertaFamily;

inline constexpr std::array<const Family*, 11> kFamilies = {
    &kAlbertFamily,     &kBertFamily,    &kCamembertFamily,  &kDebertaV2Family,
    &kDistilbertFamily, &kElectraFamily, &kMarianFamily,     &kModernbertFamily,
    &kMpnetFamily,      &kRobertaFamily, &kXlmRobertaFamily,
};

/// The family read_config() found.
const Family& family_of(const TransformerConfig& config);

}  // namespace dragoman
