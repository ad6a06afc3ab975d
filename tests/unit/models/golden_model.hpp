// Loads the checkpoints under tests/golden/models for tests.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/context.hpp"
#include "base/json.hpp"
#include "models/encoder_model.hpp"
#include "models/seq2seq.hpp"

namespace dragoman::test {

/// What a forward pass needs, with its owners.
struct Engine {
  explicit Engine(int threads = 1) : pool(threads) {}
  ThreadPool pool;
  Arena arena;
  Context context{pool, arena};
};

extern const std::vector<std::string> kBertModels;
extern const std::vector<std::string> kMarianModels;
/// Those and all other encoder-decoders.
extern const std::vector<std::string> kSeq2SeqModels;
/// Decoders alone.
extern const std::vector<std::string> kCausalModels;

std::string read_golden(const std::string& model, const std::string& file);
/// A parsed file of a golden model; the document owns the values.
std::unique_ptr<JsonDocument> golden_json(const std::string& model, const std::string& file);
std::unique_ptr<JsonDocument> parse_config(const std::string& text);

/// Feeds a safetensors file to `slots` in pieces of `piece` bytes.
void load_weights(const std::string& bytes, SlotTable& slots, size_t piece = 1000);

std::unique_ptr<EncoderModel> load_encoder(const std::string& model, Head head, WeightType type);
std::unique_ptr<Seq2SeqModel> load_seq2seq(const std::string& model, WeightType type);
std::unique_ptr<Seq2SeqModel> load_causal(const std::string& model, WeightType type,
                                          bool int8_cache = false);

/// Decodes given tokens after encoded sources, side by side; a row leaves when its are used up.
/// @param sources, tokens  parallel    @returns per source [tokens, vocabulary]
std::vector<std::vector<float>> decode_given(Engine& engine, Seq2SeqSession& session,
                                             std::span<const int32_t> sources,
                                             std::span<const std::span<const int32_t>> tokens);

std::vector<int32_t> to_ids(const Json& array);
/// Numbers of an array, or of an array of arrays one after the other.
std::vector<float> to_floats(const Json& array);
std::vector<float> to_floats(View<const float> view);

/// Largest absolute difference. Infinite when the sizes differ or a value is not a number.
float distance(std::span<const float> a, std::span<const float> b);
/// Size of the difference relative to the spread of `expected` (root mean squares).
float relative_error(std::span<const float> actual, std::span<const float> expected);

}  // namespace dragoman::test
