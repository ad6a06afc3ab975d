// Greedy and beam search against Python's generate(), over some 120 combinations of options.
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "unit/decode/table_decoder.hpp"

namespace dragoman::test {
namespace {

std::string text_of(const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids) text += std::to_string(id) + " ";
  return text;
}

void check_case(const Table& table, Json golden, size_t number) {
  GenerationConfig base;
  const Json options = golden.at("options");
  const std::vector<int32_t> prompt = ids_of(golden.at("prompt"));
  const SearchSetup setup{read_generation_config(options, base), table.vocab_size(),
                          static_cast<int>(prompt.size())};
  check_generation_config(setup.config, setup.vocab_size);
  LogitsProcessors processors(setup.config, setup.vocab_size, setup.prompt_length);
  const auto search = make_search(setup, processors, prompt, prompt);
  TableDecoder(table, setup.config).run(*search, prompt);
  REQUIRE(search->finished());
  const auto results = search->results();
  INFO("case " << number << " of table " << golden.at("table").as_string());
  REQUIRE(results.size() == golden.at("sequences").size());
  for (size_t i = 0; i < results.size(); ++i) {
    CHECK(text_of(results[i].ids) == text_of(ids_of(golden.at("sequences").at(i))));
    const double score = golden.at("scores").at(i).as_double();
    CHECK(static_cast<double>(results[i].score) == Catch::Approx(score).margin(1e-4));
  }
}

}  // namespace

TEST_CASE("Searches give the tokens and scores of Python's generate", "[decode][golden]") {
  const auto document = decode_cases();
  std::map<std::string, Table, std::less<>> tables;
  document->root().at("tables").each_member(
      [&](std::string_view name, Json table) { tables.emplace(std::string(name), Table(table)); });
  const Json cases = document->root().at("cases");
  REQUIRE(cases.size() >= 120);
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json golden = cases.at(i);
    check_case(tables.find(golden.at("table").as_string())->second, golden, i);
  }
}

}  // namespace dragoman::test
