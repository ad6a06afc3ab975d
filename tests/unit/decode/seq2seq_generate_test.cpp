// Whole generation with tiny checkpoints: equal to Python's generate(), equal in company.
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "decode/generator.hpp"
#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

// Options of a golden case laid over the model's generation_config.json.
GenerationConfig config_of(const std::string& model, Json options) {
  const auto document = golden_json(model, "generation_config.json");
  GenerationConfig config = read_generation_config(document->root(), {});
  options.each_member([&](std::string_view name, Json value) {
    if (name == "forced_eos_token_id" && value.is_null()) config.forced_eos_token_id.clear();
  });
  // Where nobody sets a length Python generates 20 tokens after the start token.
  if (!options.has("max_length") && !options.has("max_new_tokens")) config.max_new_tokens = 20;
  return read_generation_config(options, config);
}

std::vector<GeneratedSequence> generate(Engine& engine, const Seq2SeqModel& model,
                                        const GenerationConfig& config,
                                        const std::vector<int32_t>& source) {
  Seq2SeqGenerator generator(model, config);
  generator.add(source);
  do {
    engine.arena.reset();
  } while (generator.step(engine.context));
  return generator.result(0);
}

void check_case(Engine& engine, const Seq2SeqModel& model, const std::string& name, Json golden) {
  const GenerationConfig config = config_of(name, golden.at("options"));
  const auto results = generate(engine, model, config, to_ids(golden.at("source")));
  REQUIRE(results.size() == golden.at("sequences").size());
  for (size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].ids == to_ids(golden.at("sequences").at(i)));
    if (!golden.has("scores")) continue;
    const double score = golden.at("scores").at(i).as_double();
    CHECK(static_cast<double>(results[i].score) == Catch::Approx(score).margin(1e-4));
  }
}

}  // namespace

TEST_CASE("Models generate Python's tokens, greedily and with beams", "[decode][golden]") {
  Engine engine;
  const auto check = [&](const std::string& name, const Seq2SeqModel& model, size_t least) {
    const auto document = golden_json(name, "generate.json");
    const Json cases = document->root().at("cases");
    REQUIRE(cases.size() >= least);
    for (size_t i = 0; i < cases.size(); ++i) {
      INFO(name << ", case " << i);
      check_case(engine, model, name, cases.at(i));
    }
  };
  for (const std::string& name : kSeq2SeqModels) {
    check(name, *load_seq2seq(name, WeightType::kFp32), 10);
  }
  for (const std::string& name : kCausalModels) {
    check(name, *load_causal(name, WeightType::kFp32), 7);
  }
}

TEST_CASE("A batch of 64 sentences gives what the sentences give alone", "[decode][generator]") {
  std::mt19937 random(64);
  std::vector<std::vector<int32_t>> sources(64);
  for (auto& source : sources) {
    const size_t length = random() % 40;
    for (size_t i = 0; i < length; ++i) source.push_back(static_cast<int32_t>(1 + random() % 65));
    source.push_back(0);
  }
  const auto document = golden_json("marian-swish", "generation_config.json");
  for (const WeightType type : {WeightType::kFp32, WeightType::kInt8}) {
    const auto model = load_seq2seq("marian-swish", type);
    for (const int beams : {1, 4}) {
      GenerationConfig config = read_generation_config(document->root(), {});
      config.num_beams = beams;
      config.max_length = 30;
      Engine engine(2);
      Seq2SeqGenerator generator(*model, config);
      for (const auto& source : sources) generator.add(source);
      do {
        engine.arena.reset();
      } while (generator.step(engine.context));
      Engine single;
      for (size_t i = 0; i < sources.size(); ++i) {
        INFO("source " << i << ", " << beams << " beams");
        const auto alone = generate(single, *model, config, sources[i]);
        const auto& company = generator.result(static_cast<int>(i));
        CHECK(company[0].ids == alone[0].ids);
        CHECK(company[0].score == alone[0].score);
      }
    }
  }
}

TEST_CASE("Prompts of different lengths go on in company as they do alone, bit for bit",
          "[decode][generator]") {
  std::mt19937 random(7);
  std::vector<std::vector<int32_t>> prompts(24);
  for (size_t i = 0; i < prompts.size(); ++i) {
    const size_t length = 1 + random() % 14;
    for (size_t j = 0; j < length; ++j) {
      prompts[i].push_back(static_cast<int32_t>(1 + random() % 40));
    }
  }
  for (const std::string name : {"gpt2", "mistral", "qwen3"}) {
    for (const WeightType type : {WeightType::kFp32, WeightType::kInt8}) {
      const auto model = load_causal(name, type);
      GenerationConfig config;
      config.max_new_tokens = 16;
      config.output_scores = true;
      for (const int guesses : {0, 4}) {
        if (guesses > 0) config.prompt_lookup_num_tokens = guesses;
        Engine engine(2);
        Seq2SeqGenerator generator(*model, config);
        for (const auto& prompt : prompts) generator.add(prompt);
        do {
          engine.arena.reset();
        } while (generator.step(engine.context));
        config.prompt_lookup_num_tokens.reset();
        Engine single;
        for (size_t i = 0; i < prompts.size(); ++i) {
          INFO(name << ", prompt " << i << ", " << guesses << " guesses");
          const auto alone = generate(single, *model, config, prompts[i]);
          const GeneratedSequence& company = generator.result(static_cast<int>(i)).front();
          CHECK(company.ids == alone.front().ids);
          CHECK(company.score == alone.front().score);
          CHECK(company.token_scores == alone.front().token_scores);
        }
      }
    }
  }
}

}  // namespace dragoman::test
