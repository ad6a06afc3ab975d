// Single processors where the goldens of whole searches could miss a slip.
#include "decode/processors.hpp"

#include <catch2/catch_test_macros.hpp>
#include <limits>

namespace dragoman {
namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();
constexpr int kVocab = 8;

std::vector<float> processed(const GenerationConfig& config, const std::vector<int32_t>& ids,
                             std::vector<float> scores, const std::vector<int32_t>& source = {},
                             int prompt_length = 1) {
  LogitsProcessors processors(config, kVocab, prompt_length);
  processors.apply(ids, source, scores);
  return scores;
}

std::vector<int32_t> banned(const GenerationConfig& config, const std::vector<int32_t>& ids,
                            const std::vector<int32_t>& source = {}, int prompt_length = 1) {
  const auto scores =
      processed(config, ids, std::vector<float>(kVocab, 0.5F), source, prompt_length);
  std::vector<int32_t> tokens;
  for (int32_t token = 0; token < kVocab; ++token) {
    if (scores[static_cast<size_t>(token)] == kBanned) tokens.push_back(token);
  }
  return tokens;
}

using Ids = std::vector<int32_t>;

}  // namespace

TEST_CASE("Without options scores stay as they are", "[decode][processors]") {
  const std::vector<float> scores = {1, -2, 3, kBanned, 0, 5, -6, 7};
  CHECK(processed({}, {1, 2}, scores) == scores);
  CHECK_FALSE(LogitsProcessors({}, kVocab, 1).active(3));
}

TEST_CASE("A token that occurs twice is penalised once", "[decode][processors]") {
  GenerationConfig config;
  config.repetition_penalty = 2.0F;
  const auto scores = processed(config, {3, 3, 1, 3}, {1, -2, 3, 4, 0, 5, -6, 7});
  CHECK(scores == std::vector<float>{1, -4, 3, 2, 0, 5, -6, 7});
}

TEST_CASE("The encoder's tokens are favoured, unknown ones passed over", "[decode][processors]") {
  GenerationConfig config;
  config.encoder_repetition_penalty = 2.0F;
  const auto scores = processed(config, {1}, {1, -2, 3, 4, 0, 5, -6, 7}, {1, 2, 99});
  CHECK(scores == std::vector<float>{1, -1, 6, 4, 0, 5, -6, 7});
}

TEST_CASE("Repeated n-grams are banned", "[decode][processors]") {
  GenerationConfig config;
  config.no_repeat_ngram_size = 1;
  CHECK(banned(config, {2, 5, 2}) == Ids{2, 5});
  config.no_repeat_ngram_size = 2;
  CHECK(banned(config, {2, 5, 3, 2}) == Ids{5});
  CHECK(banned(config, {2, 5, 2, 6, 2}) == Ids{5, 6});
  CHECK(banned(config, {2}).empty());
  config.no_repeat_ngram_size = 3;
  CHECK(banned(config, {1, 2, 3, 1, 2}) == Ids{3});
  CHECK(banned(config, {1, 2}).empty());
}

TEST_CASE("N-grams of the source are banned", "[decode][processors]") {
  GenerationConfig config;
  config.encoder_no_repeat_ngram_size = 3;
  CHECK(banned(config, {0, 4, 5}, {4, 5, 6, 4, 5, 7}) == Ids{6, 7});
  CHECK(banned(config, {5}, {4, 5, 6}).empty());
  CHECK(banned(config, {4, 5}, {4, 5, 999}).empty());
}

TEST_CASE("Bad words are banned when they would be completed", "[decode][processors]") {
  GenerationConfig config;
  config.eos_token_id = {1};
  config.bad_words_ids = {{7}, {1}, {2, 3}, {2, 3, 4}};
  CHECK(banned(config, {0, 5}) == Ids{7});  // the end token alone is never a bad word
  CHECK(banned(config, {0, 2}) == Ids{3, 7});
  // Python looks at a word once the output has as many tokens as the word.
  CHECK(banned(config, {2}) == Ids{7});
  CHECK(banned(config, {2, 3}) == Ids{7});
  CHECK(banned(config, {0, 2, 3}) == Ids{4, 7});
}

TEST_CASE("Ends wait for the shortest length", "[decode][processors]") {
  GenerationConfig config;
  config.eos_token_id = {1, 6};
  config.min_length = 3;
  CHECK(banned(config, {0, 0}) == Ids{1, 6});
  CHECK(banned(config, {0, 0, 0}).empty());
  config.min_new_tokens = 1;  // wins
  CHECK(banned(config, {0}) == Ids{1, 6});
  CHECK(banned(config, {0, 0}).empty());
  CHECK(banned(config, {0, 0}, {}, 2) == Ids{1, 6});  // counted from the end of the prompt
}

TEST_CASE("Forced tokens leave nothing else", "[decode][processors]") {
  GenerationConfig config;
  config.forced_bos_token_id = 4;
  config.forced_eos_token_id = {1};
  config.max_length = 5;
  const std::vector<float> scores(kVocab, -3.0F);
  CHECK(processed(config, {0}, scores)[4] == 0.0F);
  CHECK(banned(config, {0}).size() == kVocab - 1);
  CHECK(banned(config, {0, 4}).empty());
  CHECK(processed(config, {0, 4, 2, 2}, scores)[1] == 0.0F);
  LogitsProcessors processors(config, kVocab, 1);
  CHECK(processors.forces(1));
  CHECK_FALSE(processors.forces(3));
  CHECK(processors.forces(4));
}

TEST_CASE("Biases of one token are summed", "[decode][processors]") {
  GenerationConfig config;
  config.sequence_bias = {{{2, 3}, 1.0F}, {{3}, 0.5F}, {{5}, -2.0F}, {{4, 3}, 8.0F}};
  const auto scores = processed(config, {0, 2}, std::vector<float>(kVocab, 0.0F));
  CHECK(scores == std::vector<float>{0, 0, 0, 1.5F, 0, -2, 0, 0});
}

TEST_CASE("Suppressed tokens, at the beginning or always", "[decode][processors]") {
  GenerationConfig config;
  config.suppress_tokens = {2};
  config.begin_suppress_tokens = {3};
  CHECK(banned(config, {0}) == Ids{2, 3});
  CHECK(banned(config, {0, 0}) == Ids{2});
  config.forced_bos_token_id = 5;  // then the beginning is the token after it
  CHECK(banned(config, {0, 5}) == Ids{2, 3});
}

TEST_CASE("The pull towards the end grows and leaves bans alone", "[decode][processors]") {
  GenerationConfig config;
  config.eos_token_id = {1, 2, 2};
  config.exponential_decay_length_penalty = LengthDecay{1, 2.0F};
  const std::vector<float> scores = {0, -4, kBanned, 0, 0, 0, 0, 0};
  CHECK(processed(config, {0, 0}, scores)[1] == -4.0F);
  CHECK(processed(config, {0, 0, 0}, scores)[1] == 0.0F);  // -4 + 4 (2^1 - 1)
  CHECK(processed(config, {0, 0, 0, 0}, scores)[1] == 8.0F);
  CHECK(processed(config, {0, 0, 0, 0}, scores)[2] == kBanned);
}

TEST_CASE("Bans become finite where a model asks for it", "[decode][processors]") {
  GenerationConfig finite;
  finite.remove_invalid_values = true;
  finite.bad_words_ids = {{3}};
  CHECK(processed(finite, {0}, std::vector<float>(kVocab, 1.0F))[3] ==
        std::numeric_limits<float>::lowest());
}

}  // namespace dragoman
