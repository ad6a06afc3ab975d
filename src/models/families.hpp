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

extern const Family kBertFamily;
extern const Family kMarianFamily;

inline constexpr std::array<const Family*, 2> kFamilies = {&kBertFamily, &kMarianFamily};

/// The family read_config() found.
const Family& family_of(const TransformerConfig& config);

}  // namespace dragoman
