// Against Python's generate(): scores of tokens, stop strings, sudden ends, guesses, and processors
// that look at the source; on tables and on whole models.
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "decode/generator.hpp"
#include "unit/decode/piece_tokenizer.hpp"
#include "unit/decode/table_decoder.hpp"
#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

GenerationConfig config_of(Json golden, GenerationConfig base) {
  GenerationConfig config = read_generation_config(golden.at("options"), base);
  config.output_scores = true;
  return config;
}

void check_results(const std::vector<GeneratedSequence>& results, Json golden) {
  REQUIRE(results.size() == golden.at("sequences").size());
  for (size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].ids == ids_of(golden.at("sequences").at(i)));
    const Json scores = golden.at("token_scores").at(i);
    REQUIRE(results[i].token_scores.size() == scores.size());
    for (size_t j = 0; j < scores.size(); ++j) {
      CHECK(static_cast<double>(results[i].token_scores[j]) ==
            Catch::Approx(scores.at(j).as_double()).margin(1e-4));
    }
    if (!golden.has("scores")) continue;
    CHECK(static_cast<double>(results[i].score) ==
          Catch::Approx(golden.at("scores").at(i).as_double()).margin(1e-4));
  }
}

void check_table(const Table& table, const PieceTokenizer& tokenizer, Json golden) {
  const GenerationConfig config = config_of(golden, {});
  const std::vector<int32_t> prompt = ids_of(golden.at("prompt"));
  check_generation_config(config, table.vocab_size());
  const StopStrings stops(config.stop_strings, pieces_of(tokenizer));
  const SearchSetup setup{config, table.vocab_size(), static_cast<int>(prompt.size()),
                          config.stop_strings.empty() ? nullptr : &stops};
  LogitsProcessors processors(config, setup.vocab_size, setup.prompt_length);
  const auto search = make_search(setup, processors, prompt, prompt);
  TableDecoder decoder(table, config);
  if (golden.has("stop_after")) {
    decoder.run(*search, prompt, static_cast<int>(golden.at("stop_after").as_int()));
    if (!search->finished()) search->stop();
  } else {
    decoder.run(*search, prompt);
  }
  REQUIRE(search->finished());
  check_results(search->results(), golden);
  for (const GeneratedSequence& result : search->results()) {
    if (result.ending != Ending::kTime) continue;
    CHECK(golden.has("stop_after"));
  }
}

struct Run {
  std::vector<GeneratedSequence> results;
  int steps = 0;  // of decoding and encoding
};

Run run(Engine& engine, const Seq2SeqModel& model, const GenerationConfig& config,
        const PieceTokenizer& tokenizer, const std::vector<int32_t>& source) {
  Seq2SeqGenerator generator(model, config, {}, nullptr, &tokenizer);
  generator.add(source);
  Run result;
  do {
    engine.arena.reset();
    ++result.steps;
  } while (generator.step(engine.context));
  result.results = generator.result(0);
  return result;
}

GenerationConfig model_defaults(const std::string& name) {
  const auto document = golden_json(name, "generation_config.json");
  return read_generation_config(document->root(), {});
}

}  // namespace

TEST_CASE("Searches over tables score and end as Python's", "[decode][golden]") {
  const auto document = decode_cases("generation.json");
  const PieceTokenizer tokenizer(document->root().at("pieces"));
  const auto tables = decode_cases();
  size_t checked = 0;
  const Json cases = document->root().at("cases");
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json golden = cases.at(i);
    if (!golden.has("table")) continue;
    INFO("case " << i);
    check_table(Table(tables->root().at("tables").at(golden.at("table").as_string())), tokenizer,
                golden);
    ++checked;
  }
  CHECK(checked >= 25);
}

// With guesses fewer steps are needed in all; each model alone may be unlucky.
TEST_CASE("Models stop, guess and look at their source as in Python", "[decode][golden]") {
  const auto document = decode_cases("generation.json");
  const PieceTokenizer tokenizer(document->root().at("pieces"));
  Engine engine;
  int guessing_steps = 0;
  int plain_steps = 0;
  size_t checked = 0;
  const Json cases = document->root().at("cases");
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json golden = cases.at(i);
    if (!golden.has("model")) continue;
    INFO("case " << i << " of " << golden.at("model").as_string());
    const std::string name(golden.at("model").as_string());
    const bool causal = std::ranges::find(kCausalModels, name) != std::end(kCausalModels);
    const auto model =
        causal ? load_causal(name, WeightType::kFp32) : load_seq2seq(name, WeightType::kFp32);
    GenerationConfig config = config_of(golden, model_defaults(name));
    const std::vector<int32_t> source = ids_of(golden.at("prompt"));
    const Run given = run(engine, *model, config, tokenizer, source);
    check_results(given.results, golden);
    ++checked;
    if (!config.prompt_lookup_num_tokens) continue;
    guessing_steps += given.steps;
    config.prompt_lookup_num_tokens.reset();
    const Run plain = run(engine, *model, config, tokenizer, source);
    plain_steps += plain.steps;
    CHECK(plain.results.front().ids == given.results.front().ids);
    CHECK(plain.results.front().token_scores == given.results.front().token_scores);
  }
  CHECK(checked >= 60);
  CHECK(guessing_steps < plain_steps * 9 / 10);
}

}  // namespace dragoman::test
