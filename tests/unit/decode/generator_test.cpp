// The schedule of a generator: nobody's result depends on company, limits hold, all ends clean.
#include "decode/generator.hpp"

#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "unit/decode/table_seq2seq.hpp"
#include "unit/errors.hpp"

namespace dragoman::test {
namespace {

struct Fixture {
  Fixture()
      : document(decode_cases()),
        table(document->root().at("tables").at("wide")),
        model(table, 12),
        pool(1) {
    std::mt19937 random(11);
    for (int i = 0; i < 64; ++i) {
      std::vector<int32_t>& source = sources.emplace_back();
      const size_t length = 1 + random() % 12;
      for (size_t j = 0; j < length; ++j) source.push_back(static_cast<int32_t>(random() % 40));
    }
    config.max_length = 18;
    config.eos_token_id = {1, 2};
    config.decoder_start_token_id = 0;
    config.bad_words_ids = {{0}};
  }

  /// Adds the sources and steps to the end. @returns the number of steps
  int run(Seq2SeqGenerator& generator) {
    for (const auto& source : sources) generator.add(source);
    int steps = 1;
    while (step(generator)) ++steps;
    return steps;
  }
  bool step(Seq2SeqGenerator& generator) {
    arena.reset();
    return generator.step(Context{pool, arena});
  }

  std::unique_ptr<JsonDocument> document;
  Table table;
  TableSeq2Seq model;
  ThreadPool pool;
  Arena arena;
  GenerationConfig config;
  std::vector<std::vector<int32_t>> sources;
};

}  // namespace

TEST_CASE("Everyone gets in company what they get alone", "[decode][generator]") {
  Fixture f;
  for (const int beams : {1, 2, 5}) {
    f.config.num_beams = beams;
    f.config.num_return_sequences = std::min(beams, 2);
    std::vector<std::vector<GeneratedSequence>> alone;
    for (const auto& source : f.sources) alone.push_back(f.model.alone(f.config, source));
    for (const int rows : {1, 7, 20, 1000}) {
      GeneratorLimits limits;
      limits.rows = rows;
      Seq2SeqGenerator generator(f.model, f.config, limits);
      f.run(generator);
      for (size_t i = 0; i < f.sources.size(); ++i) {
        INFO("source " << i << ", " << beams << " beams, " << rows << " rows");
        const int index = static_cast<int>(i);
        REQUIRE(generator.finished(index));
        const auto& result = generator.result(index);
        REQUIRE(result.size() == alone[i].size());
        for (size_t rank = 0; rank < result.size(); ++rank) {
          CHECK(result[rank].ids == alone[i][rank].ids);
          CHECK(result[rank].score == alone[i][rank].score);
        }
      }
      CHECK(f.model.counts.live == 0);
    }
  }
}

TEST_CASE("Limits hold, and free places are filled while others go on", "[decode][generator]") {
  Fixture f;
  f.config.num_beams = 4;
  f.config.early_stopping = EarlyStopping::kTrue;  // so that searches end at different steps
  f.config.max_length = 60;
  GeneratorLimits limits;
  limits.rows = 32;
  Seq2SeqGenerator generator(f.model, f.config, limits);
  f.run(generator);
  CHECK(f.model.counts.most_rows <= 32);
  CHECK(f.model.counts.most_sources <= 8);
  CHECK(f.model.counts.most_sources >= 7);
  CHECK(f.model.counts.batches > 8);    // 64 sources do not run as eight closed batches of eight
  CHECK(f.model.counts.batches <= 32);  // and are not encoded one by one
}

TEST_CASE("Limits of memory bound the sources", "[decode][generator]") {
  Fixture f;
  f.config.num_beams = 2;
  GeneratorLimits limits;
  SECTION("by logits") {
    limits.logit_bytes = 10 * 40 * sizeof(float);
  }
  SECTION("by the size of the sources") {
    limits.source_bytes = 16 * (2 * 2 * 8 * sizeof(float));
  }
  SECTION("none fits, yet one at a time runs") {
    limits = {0, 0, 0, 0};
  }
  Seq2SeqGenerator generator(f.model, f.config, limits);
  f.run(generator);
  CHECK(f.model.counts.most_sources <= 16);
  CHECK(generator.finished(63));
  if (limits.rows == 0) CHECK(f.model.counts.most_sources == 1);
  if (limits.logit_bytes == 1600) CHECK(f.model.counts.most_rows <= 10);
}

TEST_CASE("Full caches keep newcomers out", "[decode][generator]") {
  Fixture f;
  GeneratorLimits limits;
  limits.rows = 4;
  limits.cache_bytes = 500;  // less than one source of this session
  Seq2SeqGenerator generator(f.model, f.config, limits);
  f.run(generator);
  CHECK(f.model.counts.batches == 16);  // closed batches: nobody enters while someone runs
}

TEST_CASE("Sources may be added while others run", "[decode][generator]") {
  Fixture f;
  f.config.num_beams = 3;
  Seq2SeqGenerator generator(f.model, f.config);
  std::vector<int> indices;
  for (const auto& source : f.sources) {
    indices.push_back(generator.add(source));
    f.step(generator);
  }
  while (f.step(generator)) {
  }
  for (size_t i = 0; i < f.sources.size(); ++i) {
    CHECK(generator.result(indices[i])[0].ids == f.model.alone(f.config, f.sources[i])[0].ids);
  }
  CHECK_FALSE(f.step(generator));
  CHECK(generator.add(f.sources[0]) == 64);
  CHECK(f.step(generator));
}

TEST_CASE("A generator without sources has nothing to do", "[decode][generator]") {
  Fixture f;
  Seq2SeqGenerator generator(f.model, f.config);
  CHECK_FALSE(f.step(generator));
}

TEST_CASE("The best hypothesis so far grows token by token", "[decode][generator]") {
  Fixture f;
  for (const int beams : {1, 4}) {
    f.config.num_beams = beams;
    Seq2SeqGenerator generator(f.model, f.config);
    const int index = generator.add(f.sources[3]);
    CHECK(generator.best_so_far(index).empty());
    size_t length = 0;
    while (f.step(generator)) {
      const std::vector<int32_t> best = generator.best_so_far(index);
      CHECK((best.empty() || best.front() == 0));
      // A finished hypothesis may be better than longer ones that run.
      if (beams == 1) CHECK(best.size() >= length);
      length = best.size();
    }
    CHECK(generator.best_so_far(index) == generator.result(index)[0].ids);
  }
}

TEST_CASE("Ids the model cannot take are refused and disturb nobody", "[decode][generator]") {
  Fixture f;
  Seq2SeqGenerator generator(f.model, f.config);
  generator.add(f.sources[0]);
  const std::vector<int32_t> outside = {3, 40};
  const std::vector<int32_t> too_long(13, 3);
  CHECK(error_of([&] { generator.add({}); }) == "invalid-argument: A source has no tokens.");
  CHECK(error_of([&] { generator.add(outside); }) ==
        "invalid-argument: The source token id 40 lies outside 0 to 39.");
  CHECK(error_of([&] { generator.add(too_long); }) ==
        "input-too-long: The text has 13 tokens; the model takes at most 12.");
  CHECK(error_of([&] { generator.finished(1); }).starts_with("internal: "));
  while (f.step(generator)) {
  }
  CHECK(generator.result(0)[0].ids == f.model.alone(f.config, f.sources[0])[0].ids);
}

TEST_CASE("A model that computes no numbers is reported as damaged", "[decode][generator]") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Fixture f;
    f.model.poison = bad;
    for (const int beams : {1, 4}) {
      f.config.num_beams = beams;
      Seq2SeqGenerator generator(f.model, f.config);
      CHECK(error_of([&] {
              f.run(generator);
            }).starts_with("model-format: The model computes logits that are not numbers"));
    }
  }
}

TEST_CASE("A decoder needs a token to start from", "[decode][generator]") {
  Fixture f;
  f.config.decoder_start_token_id.reset();
  CHECK(error_of([&] {
          Seq2SeqGenerator(f.model, f.config);
        }).starts_with("invalid-argument: The option \"decoder_start_token_id\" is not set"));
  f.config.bos_token_id = 5;
  Seq2SeqGenerator generator(f.model, f.config);
  f.run(generator);
  CHECK(generator.result(0)[0].ids.front() == 5);
}

TEST_CASE("A generator dropped half-way releases its sources", "[decode][generator]") {
  Fixture f;
  {
    Seq2SeqGenerator generator(f.model, f.config);
    for (const auto& source : f.sources) generator.add(source);
    for (int i = 0; i < 6; ++i) f.step(generator);
    CHECK(f.model.counts.live > 0);
  }
  CHECK(f.model.counts.live == 0);
}

// A step a second, of which three encode; limits of one source at a time.
TEST_CASE("When the time is over outputs end as they are", "[decode][generator]") {
  Fixture f;
  f.config.max_time = 5.0F;
  f.config.min_length = 15;
  const auto run_timed = [&](const GeneratorLimits& limits, float allowed) {
    f.config.max_time = allowed;
    Seq2SeqGenerator generator(f.model, f.config, limits);
    for (size_t i = 0; i < 3; ++i) generator.add(f.sources[i]);
    double now = 100.0;
    do {
      generator.tell_time(now++);
    } while (f.step(generator));
    CHECK(generator.out_of_time() == (allowed < 1000.0F));
    std::vector<GeneratedSequence> results;
    for (int i = 0; i < 3; ++i) results.push_back(generator.result(i).front());
    return results;
  };
  for (const int beams : {1, 3}) {
    f.config.num_beams = beams;
    const auto whole = run_timed({}, 1000.0F);
    const auto cut = run_timed({}, 5.0F);
    for (size_t i = 0; i < 3; ++i) {
      INFO("source " << i << ", " << beams << " beams");
      CHECK(whole[i].ending != Ending::kTime);
      CHECK(cut[i].ending == Ending::kTime);
      CHECK(cut[i].ids.size() == 4);  // the start, and a token for each of the seconds 3, 4 and 5
      if (beams == 1) CHECK(std::equal(cut[i].ids.begin(), cut[i].ids.end(), whole[i].ids.begin()));
    }
    const auto one_by_one = run_timed({0, 0, 0, 0}, 5.0F);
    CHECK(one_by_one[0].ids == cut[0].ids);
    CHECK(one_by_one[1].ids == std::vector<int32_t>{0});
    CHECK(one_by_one[1].ending == Ending::kTime);
    CHECK(one_by_one[1].token_scores.empty());
    CHECK(run_timed({}, 0.001F)[0].ids.size() == 2);  // a token at least, as in Python
  }
  CHECK(f.model.counts.live == 0);
}

TEST_CASE("Guesses change nothing but the number of steps", "[decode][generator][lookup]") {
  Fixture f;
  f.config.max_length = 40;
  f.config.min_length = 30;
  const auto outputs = [&] {
    Seq2SeqGenerator generator(f.model, f.config, {0, 0, 0, 0});
    f.run(generator);
    std::vector<GeneratedSequence> results;
    for (int i = 0; i < 64; ++i) results.push_back(generator.result(i).front());
    return results;
  };
  for (const bool sampled : {false, true}) {
    f.config.do_sample = sampled;
    f.config.seed = 3;
    f.config.temperature = 0.2F;  // so that samples repeat themselves
    f.config.prompt_lookup_num_tokens.reset();
    f.model.counts = {};
    const auto plain = outputs();
    const size_t steps = f.model.counts.decodes;
    for (const int guesses : {1, 5}) {
      f.config.prompt_lookup_num_tokens = guesses;
      f.model.counts = {};
      const auto guessed = outputs();
      CHECK(f.model.counts.decodes < steps);
      for (size_t i = 0; i < plain.size(); ++i) {
        INFO("source " << i << ", " << guesses << " guesses, sampled: " << sampled);
        CHECK(guessed[i].ids == plain[i].ids);
        CHECK(guessed[i].score == plain[i].score);
      }
    }
  }
}

}  // namespace dragoman::test
