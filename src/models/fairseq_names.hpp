// What the pages of encoder-decoders that descend from fairseq's have in common: fields of
// config.json and names of tensors.
#pragma once

#include <string_view>

#include "models/config_reader.hpp"
#include "models/parts.hpp"
#include "nn/slots.hpp"

namespace dragoman {

constexpr float kTorchNormEpsilon = 1e-5F;  // torch's default; these families have no field for it

/// Defaults of a family's configuration class where they differ.
struct FairseqDefaults {
  int vocab_size = 0;
  std::string_view activation = "gelu";
  bool scale_embedding = false;
  int pad_token_id = 1;
  int eos_token_id = 2;
  int decoder_start_token_id = 2;
};

/// The fields all of them have. A decoder_vocab_size or share_encoder_decoder_embeddings of its
/// own is for the page to read.
TransformerConfig read_fairseq(const ConfigReader& fields, const FairseqDefaults& defaults);

void name_fairseq(Seq2SeqParts& parts, SlotTable& slots);

}  // namespace dragoman
