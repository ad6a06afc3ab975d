// The pages of BART (Lewis et al. 2020), mBART (Liu et al. 2020), Pegasus (Zhang et al. 2020) and
// M2M100 (Fan et al. 2020; NLLB is published as it): fairseq's transformer with other positions and
// norms.
#include "models/fairseq_names.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

// BartLearnedPositionalEmbedding: the first two rows of the table are never read.
constexpr int kUnusedPositions = 2;

void learn_positions(TransformerConfig& config) {
  config.positions = Positions::kLearned;
  config.first_position = kUnusedPositions;
  config.position_rows = config.max_positions + kUnusedPositions;
}

TransformerConfig read_bart(const ConfigReader& fields) {
  TransformerConfig config = read_fairseq(fields, {.vocab_size = 50265});
  config.model_type = "bart";
  config.embedding_norm = true;
  learn_positions(config);
  return config;
}

TransformerConfig read_mbart(const ConfigReader& fields) {
  TransformerConfig config =
      read_fairseq(fields, {.vocab_size = 50265, .decoder_start_token_id = -1});
  config.model_type = "mbart";
  config.embedding_norm = true;
  config.norm_place = NormPlace::kPre;
  learn_positions(config);
  return config;
}

TransformerConfig read_pegasus(const ConfigReader& fields) {
  TransformerConfig config = read_fairseq(
      fields,
      {.vocab_size = 50265, .pad_token_id = 0, .eos_token_id = 1, .decoder_start_token_id = 0});
  config.model_type = "pegasus";
  config.norm_place = NormPlace::kPre;
  config.positions = Positions::kSinusoidal;
  return config;
}

TransformerConfig read_m2m100(const ConfigReader& fields) {
  TransformerConfig config =
      read_fairseq(fields, {.vocab_size = 128112, .activation = "relu", .scale_embedding = true});
  config.model_type = "m2m_100";
  config.norm_place = NormPlace::kPre;
  config.positions = Positions::kFairseqSinusoidal;
  // Counted behind the padding token, whose own row is zero and never read.
  config.first_position = (config.pad_token_id < 0 ? 1 : config.pad_token_id) + 1;
  return config;
}

}  // namespace

const Family kBartFamily = {
    .model_type = "bart", .read = read_bart, .name_encoder = nullptr, .name_seq2seq = name_fairseq};
const Family kMbartFamily = {.model_type = "mbart",
                             .read = read_mbart,
                             .name_encoder = nullptr,
                             .name_seq2seq = name_fairseq};
const Family kPegasusFamily = {.model_type = "pegasus",
                               .read = read_pegasus,
                               .name_encoder = nullptr,
                               .name_seq2seq = name_fairseq};
const Family kM2M100Family = {.model_type = "m2m_100",
                              .read = read_m2m100,
                              .name_encoder = nullptr,
                              .name_seq2seq = name_fairseq};

}  // namespace dragoman
