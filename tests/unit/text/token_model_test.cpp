// Token models on their own: words of any length in little time, and entries of tokenizer.json that
// cannot be honoured.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <vector>

#include "text/model.hpp"
#include "unit/errors.hpp"

namespace dragoman {

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

std::unique_ptr<TokenModel> model_of(const std::string& json) {
  const JsonDocument document(json, "tokenizer.json", ErrorCode::kTokenizerFormat);
  return make_token_model(document.root(), "tokenizer.json");
}

std::vector<ModelToken> tokens_of(const TokenModel& model, const std::u32string& word) {
  std::vector<ModelToken> tokens;
  model.tokenize(word, tokens);
  return tokens;
}

void check_refused(const std::string& json, const char* part,
                   const char* code = "tokenizer-format") {
  CAPTURE(json);
  const std::string error = test::error_of([&] { model_of(json); });
  CHECK_THAT(error, StartsWith(std::string(code) + ": tokenizer.json: "));
  CHECK_THAT(error, ContainsSubstring(part));
}

const std::string kBpe = R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "abab": 3}, )";

}  // namespace

TEST_CASE("a word of a million characters takes no longer than many short ones", "[text]") {
  // Chains of merges, a piece of every length, and a limit that is none.
  const auto bpe = model_of(kBpe + R"("merges": ["a b", "ab ab"]})");
  const auto unigram = model_of(
      R"({"type": "Unigram", "unk_id": 0,
          "vocab": [["u", 0], ["a", -1], ["b", -2], ["ab", -2.5]]})");
  const auto word_piece = model_of(
      R"({"type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "#",
          "max_input_chars_per_word": 99999999, "vocab": {"u": 0, "ab": 1, "#ab": 2, "#b": 3}})");
  std::u32string word;
  for (int i = 0; i < 500000; ++i) word += U"ab";
  const auto merged = tokens_of(*bpe, word);
  REQUIRE(merged.size() == 250000);
  CHECK(merged.back().id == 3);
  CHECK(merged.back().end == 1000000);
  CHECK(tokens_of(*unigram, word).size() == 500000);
  CHECK(tokens_of(*word_piece, word).size() == 500000);
}

TEST_CASE("a word met again has the tokens it had, however many others came between", "[text]") {
  const auto bpe = model_of(kBpe + R"("merges": ["a b", "ab ab"]})");
  const auto word_of = [](uint32_t bits) {
    std::u32string word;
    for (int i = 0; i < 18; ++i) word.push_back((bits >> i & 1) != 0 ? U'a' : U'b');
    return word;
  };
  const auto ids_of = [&](uint32_t bits) {
    std::vector<int32_t> ids;
    for (const ModelToken& token : tokens_of(*bpe, word_of(bits))) ids.push_back(token.id);
    return ids;
  };
  const std::vector<int32_t> before = ids_of(0x15A5A);
  for (uint32_t bits = 0; bits < 40000; ++bits) ids_of(bits);
  CHECK(ids_of(0x15A5A) == before);
}

TEST_CASE("merges that cannot be carried out are refused", "[text][hostile]") {
  check_refused(kBpe + R"("merges": ["a b", "b a"]})", "\"ba\"");
  check_refused(kBpe + R"("merges": ["a b", "a c"]})", "\"c\"");
  check_refused(kBpe + R"("merges": ["a b", "ab"]})", "merge 2");
  check_refused(kBpe + R"("merges": ["a b c"]})", "merge 1");
  check_refused(kBpe + R"("merges": [["a"]]})", "merge 1");
  check_refused(kBpe + R"("merges": [["a", 7]]})", "string");
  check_refused(kBpe + R"("merges": [7]})", "merge 1");
  check_refused(kBpe + R"("merges": {}})", "array");
  check_refused(R"({"type": "BPE", "vocab": {"a": 0}})", "merges");
  check_refused(R"({"type": "BPE", "vocab": {"a": -1}, "merges": []})", "\"a\"");
  check_refused(kBpe + R"("merges": [], "dropout": 0.1})", "dropout", "unsupported-model");
}

TEST_CASE("pieces that cannot be weighed are refused", "[text][hostile]") {
  const auto unigram = [](const std::string& vocab, const std::string& unk) {
    return R"({"type": "Unigram", "unk_id": )" + unk + ", \"vocab\": [" + vocab + "]}";
  };
  check_refused(unigram(R"(["a", NaN])", "0"), "piece 0");
  check_refused(unigram(R"(["a", 0], ["b", -Infinity])", "0"), "piece 1");
  check_refused(unigram(R"(["a", "0"])", "0"), "number");
  check_refused(unigram(R"(["a"])", "0"), "element 1");
  check_refused(unigram(R"(["a", 0])", "1"), "unk_id");
  check_refused(unigram(R"(["a", 0])", "-1"), "unk_id");
  check_refused(unigram("", "0"), "unk_id");
}

TEST_CASE("text that needs a missing unknown token is an error of its own", "[text][hostile]") {
  const auto unigram = model_of(R"({"type": "Unigram", "unk_id": null, "vocab": [["a", -1]]})");
  CHECK(tokens_of(*unigram, U"aa").size() == 2);
  CHECK_THROWS_AS(tokens_of(*unigram, U"ab"), Error);
  CHECK(tokens_of(*unigram, U"aaa").size() == 3);
  const auto bpe = model_of(kBpe + R"("unk_token": "<unk>", "merges": []})");
  CHECK_THROWS_AS(tokens_of(*bpe, U"ac"), Error);
  const auto words = model_of(R"({"type": "WordLevel", "vocab": {"a": 1}, "unk_token": "<unk>"})");
  CHECK(tokens_of(*words, U"a").front().id == 1);
  CHECK_THROWS_AS(tokens_of(*words, U"b"), Error);
}

TEST_CASE("models of files that do not say their type are known by their entries", "[text]") {
  CHECK(tokens_of(*model_of(R"({"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]})"), U"ab")
            .front()
            .id == 2);
  CHECK(
      tokens_of(*model_of(R"({"vocab": [["a", -1], ["b", -1]], "unk_id": 0})"), U"b").front().id ==
      1);
  CHECK(tokens_of(*model_of(R"({"vocab": {"ab": 5}, "unk_token": "ab"})"), U"x").front().id == 5);
}

}  // namespace dragoman
