// Guesses at the next tokens.
#include "decode/prompt_lookup.hpp"

#include <catch2/catch_test_macros.hpp>

namespace dragoman {
namespace {

using Ids = std::vector<int32_t>;

Ids guess(const Ids& ids, const Ids& source = {}, size_t limit = 100, int tokens = 3,
          std::optional<int> match = std::nullopt) {
  GenerationConfig config;
  config.prompt_lookup_num_tokens = tokens;
  config.max_matching_ngram_size = match;
  config.eos_token_id = {0};
  const PromptLookup lookup(config, 50);
  const auto found = lookup.guess(ids, source, limit);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("What followed the last tokens is guessed", "[decode][lookup]") {
  CHECK(guess({1, 2, 3, 4, 5, 1, 2}) == Ids{3, 4, 5});
  CHECK(guess({1, 2, 3, 1, 2}, {}, 1) == Ids{3});
  CHECK(guess({1, 2, 3, 1, 2}, {}, 0).empty());
  CHECK(guess({1, 2, 3, 1, 2}, {}, 9, 9) == Ids{3, 1, 2});
  CHECK(guess({1, 2, 3, 4}).empty());
  CHECK(guess({1}).empty());
}

TEST_CASE("A longer match goes before an earlier one", "[decode][lookup]") {
  CHECK(guess({2, 9, 1, 2, 3, 1, 2}) == Ids{3, 1, 2});
  CHECK(guess({2, 9, 1, 2, 3, 1, 2}, {}, 9, 3, 1) == Ids{9, 1, 2});
  CHECK(guess({7, 1, 2, 8, 5, 1, 2, 9, 5, 1, 2}, {}, 9, 1, 3) == Ids{9});
}

TEST_CASE("The last tokens do not match themselves", "[decode][lookup]") {
  CHECK(guess({4, 4}) == Ids{4});
  CHECK(guess({5, 4, 4, 4}) == Ids{4});
  CHECK(guess({1, 2, 1}) == Ids{2, 1});
}

TEST_CASE("A guess ends before an end or a token that no output has", "[decode][lookup]") {
  CHECK(guess({1, 2, 3, 0, 5, 1, 2}) == Ids{3});
  CHECK(guess({1, 2, 0, 5, 7, 2}).empty());
  CHECK(guess({1}, {1, 2, 60}).empty());
  CHECK(guess({9, 1}, {1, 2, 60}) == Ids{2});
}

TEST_CASE("The encoder's text is looked at after the output", "[decode][lookup]") {
  CHECK(guess({1, 2}, {1, 2, 7, 8}) == Ids{7, 8});
  CHECK(guess({1, 2, 3, 1, 2}, {1, 2, 7, 8}) == Ids{3, 1, 2});
  CHECK(guess({9, 2, 3, 1, 2}, {1, 2, 7, 8}) == Ids{7, 8});
}

}  // namespace dragoman
