// Sampling: eligible tokens as in Python, draws from the right distribution, and repeatable.
#include "decode/sampling.hpp"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "unit/decode/table_decoder.hpp"

namespace dragoman::test {
namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

std::vector<float> scores_of(Json array) {
  std::vector<float> scores;
  for (size_t i = 0; i < array.size(); ++i) {
    const Json value = array.at(i);
    scores.push_back(value.is_null() ? kBanned : static_cast<float>(value.as_double()));
  }
  return scores;
}

/// Pearson's statistic of how often each token was drawn.
double chi_square(const std::vector<int>& counts, const std::vector<float>& scores, int draws) {
  double sum = 0.0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score));
  double statistic = 0.0;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] == kBanned) continue;
    const double expected = draws * std::exp(static_cast<double>(scores[i])) / sum;
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return statistic;
}

struct Fixture {
  Fixture() : document(decode_cases()), table(document->root().at("tables").at("wide")) {
    config.eos_token_id = {1, 2};
    config.do_sample = true;
    config.seed = 5;
    config.max_length = 14;
  }
  std::vector<GeneratedSequence> run(uint64_t index = 0) const {
    const SearchSetup setup{config, table.vocab_size(), 1};
    check_generation_config(config, setup.vocab_size);
    LogitsProcessors processors(config, setup.vocab_size, setup.prompt_length);
    const std::vector<int32_t> prompt = {4};
    const auto search = make_search(setup, processors, prompt, prompt, index);
    TableDecoder(table, config).run(*search, prompt);
    return search->results();
  }
  std::unique_ptr<JsonDocument> document;
  Table table;
  GenerationConfig config;
};

std::vector<std::vector<int32_t>> ids_of(const std::vector<GeneratedSequence>& sequences) {
  std::vector<std::vector<int32_t>> ids;
  for (const GeneratedSequence& sequence : sequences) ids.push_back(sequence.ids);
  return ids;
}

}  // namespace

TEST_CASE("Warpers keep the tokens that Python's keep", "[decode][sampling][golden]") {
  const auto document = decode_cases("sampling.json");
  const Json cases = document->root().at("cases");
  REQUIRE(cases.size() >= 40);
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json golden = cases.at(i);
    GenerationConfig config = read_generation_config(golden.at("options"), {});
    config.eos_token_id = {1, 2};
    std::vector<float> scores = scores_of(golden.at("scores"));
    LogitsWarpers(config).mask(scores);
    INFO("case " << i);
    const std::vector<float> expected = scores_of(golden.at("warped"));
    for (size_t token = 0; token < scores.size(); ++token) {
      INFO("token " << token);
      REQUIRE((scores[token] == kBanned) == (expected[token] == kBanned));
      if (scores[token] == kBanned) continue;
      CHECK(std::fabs(scores[token] - expected[token]) < 1e-5F);
    }
  }
}

// 10,000 draws; the bound is the 99.9 % quantile of the distribution for 15 degrees of freedom.
TEST_CASE("Draws have the distribution of Python's probabilities", "[decode][sampling]") {
  const auto document = decode_cases("sampling.json");
  std::vector<float> scores = scores_of(document->root().at("cases").at(size_t{0}).at("warped"));
  scores.resize(16);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] == kBanned) scores[i] = 0.25F;
  }
  std::vector<Eligible> eligible;
  for (size_t i = 0; i < scores.size(); ++i) {
    eligible.push_back({scores[i], static_cast<int32_t>(i)});
  }
  for (const uint64_t seed : {1U, 2U, 3U, 4U}) {
    // Steps of one source, and one step of many sources.
    std::vector<int> by_step(scores.size());
    std::vector<int> by_stream(scores.size());
    const Noise noise(seed);
    for (uint64_t i = 0; i < 10000; ++i) {
      ++by_step[static_cast<size_t>(draw(eligible, noise, i))];
      ++by_stream[static_cast<size_t>(draw(eligible, noise.stream(i), 7))];
    }
    CHECK(chi_square(by_step, scores, 10000) < 37.7);
    CHECK(chi_square(by_stream, scores, 10000) < 37.7);
  }
}

TEST_CASE("A draw does not depend on the order of the tokens", "[decode][sampling]") {
  std::vector<Eligible> eligible = {{0.5F, 3}, {1.5F, 8}, {-0.25F, 1}, {0.0F, 90}};
  const Noise noise(11);
  for (uint64_t step = 0; step < 50; ++step) {
    const int32_t token = draw(eligible, noise, step);
    std::rotate(eligible.begin(), eligible.begin() + 1, eligible.end());
    CHECK(draw(eligible, noise, step) == token);
  }
}

TEST_CASE("A seed repeats its samples, in any company", "[decode][sampling]") {
  Fixture f;
  f.config.num_return_sequences = 8;
  const auto first = ids_of(f.run());
  CHECK(ids_of(f.run()) == first);
  CHECK(ids_of(f.run(3)) == first);
  CHECK(std::set(first.begin(), first.end()).size() > 4);
  f.config.num_return_sequences = 3;
  const auto fewer = ids_of(f.run());
  CHECK(std::equal(fewer.begin(), fewer.end(), first.begin()));
  f.config.seed = 6;
  CHECK(ids_of(f.run()) != fewer);
}

TEST_CASE("Without a seed every text draws for itself", "[decode][sampling]") {
  Fixture f;
  f.config.seed.reset();
  f.config.num_return_sequences = 4;
  f.config.entropy = 1;
  const auto first = ids_of(f.run(0));
  CHECK(ids_of(f.run(0)) == first);
  CHECK(ids_of(f.run(1)) != first);
  f.config.entropy = 2;
  CHECK(ids_of(f.run(0)) != first);
}

TEST_CASE("Sampling from one token is greedy search", "[decode][sampling]") {
  Fixture f;
  f.config.top_k = 1;
  const auto sampled = f.run();
  f.config.do_sample = false;
  const auto greedy = f.run();
  CHECK(sampled.front().ids == greedy.front().ids);
  CHECK(sampled.front().score == Catch::Approx(greedy.front().score));
}

// A cold distribution leaves nothing to chance.
TEST_CASE("Cold beams that are sampled are those of beam search", "[decode][sampling]") {
  Fixture f;
  f.config.num_beams = 3;
  f.config.num_return_sequences = 3;
  f.config.temperature = 0.002F;
  f.config.top_k = 0;
  const auto cold = f.run();
  CHECK(ids_of(f.run()) == ids_of(cold));
  f.config.temperature = 1.0F;
  const auto warm = f.run();
  f.config.seed = 9;
  CHECK(ids_of(f.run()) != ids_of(warm));
  f.config.do_sample = false;
  CHECK(cold.front().ids == f.run().front().ids);
}

TEST_CASE("Processors act before tokens are drawn", "[decode][sampling]") {
  Fixture f;
  f.config.num_return_sequences = 16;
  f.config.min_new_tokens = 5;
  f.config.bad_words_ids = {{3}, {7}};
  for (const GeneratedSequence& sample : f.run()) {
    CHECK(sample.ids.size() >= 6);
    CHECK(std::count(sample.ids.begin(), sample.ids.end(), 3) == 0);
    CHECK(std::count(sample.ids.begin(), sample.ids.end(), 7) == 0);
  }
}

TEST_CASE("Settings of sampling are checked where it is asked for", "[decode][sampling]") {
  GenerationConfig config;
  config.temperature = 0.0F;
  config.top_p = 2.0F;
  check_generation_config(config, 10);
  config.do_sample = true;
  CHECK_THROWS_AS(check_generation_config(config, 10), Error);
  config.temperature = 1.0F;
  CHECK_THROWS_AS(check_generation_config(config, 10), Error);
  config.top_p = 0.5F;
  config.num_return_sequences = 3;
  check_generation_config(config, 10);
  config.num_beams = 2;
  CHECK_THROWS_AS(check_generation_config(config, 10), Error);
}

}  // namespace dragoman::test
