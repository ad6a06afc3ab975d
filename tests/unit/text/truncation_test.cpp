// Truncation: what the goldens cannot ask of the reference.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/text/tokenizer_files.hpp"

namespace dragoman {

namespace {

using Catch::Matchers::ContainsSubstring;

EncodeOptions limit(int length, Truncation truncation = Truncation::kLongestFirst) {
  EncodeOptions options;
  options.max_length = length;
  options.truncation = truncation;
  return options;
}

}  // namespace

TEST_CASE("a limit below the special tokens is an invalid argument", "[text]") {
  const auto bert = load_tokenizer(bert_files(), "bert");
  const auto marian = load_tokenizer(marian_files("marian-unigram"), "marian");
  CHECK(bert->special_tokens(false) == 2);
  CHECK(bert->special_tokens(true) == 3);
  CHECK(marian->special_tokens(false) == 1);
  for (const auto* tokenizer : {bert.get(), marian.get()}) {
    CHECK_THROWS_WITH(tokenizer->encode("x", {}, limit(-1)), ContainsSubstring("max_length is -1"));
  }
  CHECK_THROWS_WITH(bert->encode("x", {}, limit(1)), ContainsSubstring("2 special tokens"));
  CHECK_THROWS_WITH(bert->encode("x", "y", limit(2)), ContainsSubstring("3 special tokens"));
  CHECK(bert->encode("x y", {}, limit(2)).ids.size() == 2);
  CHECK(marian->encode("x y", {}, limit(1)).ids.size() == 1);
}

TEST_CASE("the end token outlives truncation and truncated is told", "[text]") {
  const auto marian = load_tokenizer(marian_files("marian-unigram"), "marian");
  const Encoding whole = marian->encode("The old teacher reads the newspaper.");
  CHECK_FALSE(whole.truncated);
  const Encoding cut = marian->encode("The old teacher reads the newspaper.", {}, limit(4));
  CHECK(cut.truncated);
  CHECK(cut.ids.size() == 4);
  CHECK(cut.ids.back() == whole.ids.back());
  CHECK(cut.special == std::vector<uint8_t>{0, 0, 0, 1});
  CHECK_FALSE(marian->encode("The old teacher.", {}, limit(400)).truncated);
}

TEST_CASE("without truncation a limit is not applied", "[text]") {
  const auto bert = load_tokenizer(bert_files(), "bert");
  CHECK(bert->encode("a b c d e", {}, limit(3, Truncation::kNone)).ids.size() == 7);
}

TEST_CASE("without special tokens the limit counts the text alone", "[text]") {
  const auto bert = load_tokenizer(bert_files(), "bert");
  EncodeOptions options = limit(3);
  options.add_special_tokens = false;
  const Encoding encoding = bert->encode("a b c d e", {}, options);
  CHECK(encoding.ids.size() == 3);
  CHECK(encoding.special == std::vector<uint8_t>{0, 0, 0});
}

TEST_CASE("truncation_side left keeps the end of the text", "[text]") {
  TokenizerFiles files = bert_files();
  files["tokenizer_config.json"] =
      R"({"tokenizer_class": "BertTokenizer", "truncation_side": "left"})";
  const auto bert = load_tokenizer(files, "bert");
  const Encoding encoding = bert->encode("a b c d e", {}, limit(4));
  CHECK(encoding.starts == std::vector<uint32_t>{0, 6, 8, 0});
}

TEST_CASE("words begin where the text may be split", "[text]") {
  const auto bert = load_tokenizer(bert_files(), "bert");
  const std::string text = "newspapers, [MASK] qqq";
  const Encoding encoding = bert->encode(text);
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    if (encoding.special[i] != 0) continue;
    const uint32_t start = encoding.starts[i];
    const bool inside = start > 0 && std::isalpha(text[start]) != 0 &&
                        std::isalpha(text[start - 1]) != 0 && text[start] != 'M';
    CAPTURE(i, start);
    CHECK(bert->begins_word(encoding, i) == !inside);
  }
  const auto marian = load_tokenizer(marian_files("marian-unigram"), "marian");
  const std::string words = "The old teacher reads the newspaper.";
  const Encoding pieces = marian->encode(words);
  size_t count = 0;
  for (size_t i = 0; i + 1 < pieces.ids.size(); ++i) {
    const uint32_t start = pieces.starts[i];
    const bool at_space = start == 0 || words[start] == ' ';
    CHECK(marian->begins_word(pieces, i) == at_space);
    count += at_space ? 1 : 0;
  }
  CHECK(count == 6);
}

}  // namespace dragoman
