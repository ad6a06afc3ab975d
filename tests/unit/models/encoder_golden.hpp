// Loads the checkpoints under tests/golden/encoders and runs them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "unit/models/golden_model.hpp"

namespace dragoman::test {

/// A checkpoint of tests/golden/encoders.
struct EncoderGolden {
  const char* name;
  Head head;
};

extern const std::vector<EncoderGolden> kEncoderGoldens;

/// One line of expected.json. What a case does not have is empty.
struct EncoderCase {
  std::vector<int32_t> ids;
  std::vector<int32_t> types;
  std::vector<float> hidden;
  std::vector<float> logits;
  std::vector<std::vector<float>> hidden_states;
  std::vector<std::vector<float>> attentions;
  EncoderInput input() const { return {.ids = ids, .type_ids = types}; }
};

std::vector<EncoderCase> encoder_cases(const std::string& name);
std::unique_ptr<EncoderModel> load_encoder(const EncoderGolden& golden, WeightType type);

/// Runs all steps. The pass refers to the model.
std::unique_ptr<EncoderPass> run(const EncoderModel& model, std::span<const EncoderInput> inputs,
                                 PassOptions options = {}, int threads = 1);

}  // namespace dragoman::test
