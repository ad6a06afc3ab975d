// Text that is empty, huge, monotonous or not even UTF-8.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string>

#include "base/utf.hpp"
#include "unit/text/tokenizer_files.hpp"

namespace dragoman {

namespace {

// Offsets lie in the text, in order, and the special tokens' are nought.
void check_spans(const Encoding& encoding, std::string_view text) {
  uint32_t units = 0;
  for (size_t i = 0; i < text.size();) units += utf16_length(next_code_point(text, i));
  REQUIRE(encoding.starts.size() == encoding.ids.size());
  REQUIRE(encoding.type_ids.size() == encoding.ids.size());
  uint32_t last = 0;
  bool good = true;  // one assertion for all: there are hundreds of thousands of tokens
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    if (encoding.special[i] != 0) continue;
    const uint32_t start = encoding.starts[i];
    const uint32_t end = encoding.ends[i];
    // Only the tokens of one character may lie over each other.
    good = good && start <= end && end <= units && (last <= start || start < end);
    last = end;
  }
  REQUIRE(good);
}

std::string repeat(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

std::vector<std::unique_ptr<Tokenizer>> all_kinds() {
  std::vector<std::unique_ptr<Tokenizer>> kinds;
  kinds.push_back(load_tokenizer(bert_files(), "bert"));
  for (const char* name : {"marian-unigram", "marian-bpe", "marian-bytes"}) {
    TokenizerFiles files = marian_files(name);
    kinds.push_back(load_tokenizer(files, "marian"));
  }
  return kinds;
}

}  // namespace

TEST_CASE("empty and blank texts give only special tokens", "[text]") {
  const auto bert = load_tokenizer(bert_files(), "bert");
  const auto marian = load_tokenizer(marian_files("marian-unigram"), "marian");
  for (const char* text : {"", " ", "  \t\n", "\xE3\x80\x80\xC2\xA0"}) {
    CHECK(bert->encode(text).ids.size() == 2);
    CHECK(marian->encode(text).ids.size() == 1);
  }
  CHECK(bert->decode({}, true).empty());
  CHECK(marian->decode({}, true).empty());
}

TEST_CASE("long and monotonous texts are tokenized", "[text]") {
  const std::string text =
      GENERATE(repeat("a", 100000), repeat("\xE6\x97\xA5", 100000), repeat("abcdefghij", 10000),
               repeat(" ", 100000), "a" + repeat("\xCC\x81\xCC\xA3", 50000), repeat("ab. ", 50000),
               repeat("\xE2\x96\x81", 50000), repeat(">>", 50000), repeat("[MASK]</s>", 20000),
               repeat("\xF0\x9F\x91\xA9\xE2\x80\x8D", 20000), std::string(50000, '\0'));
  for (const auto& tokenizer : all_kinds()) check_spans(tokenizer->encode(text), text);
}

TEST_CASE("a megabyte of text is tokenized and decoded", "[text]") {
  const std::string text =
      repeat("The old teacher reads \xD0\xB3\xD0\xB0\xD0\xB7\xD0\xB5\xD1\x82\xD1\x83. ", 30000);
  REQUIRE(text.size() > 1000000);
  for (const auto& tokenizer : all_kinds()) {
    const Encoding encoding = tokenizer->encode(text);
    check_spans(encoding, text);
    CHECK(tokenizer->decode(encoding.ids, true).size() > 500000);
  }
}

TEST_CASE("bytes that are not UTF-8 read as U+FFFD, one per maximal part", "[text]") {
  // Two stray bytes, a cut sequence, a surrogate (three parts), an overlong form (two).
  const std::string broken =
      "a\x80\xFF b\xE6\x97 c\xED\xA0\x80 d\xC0\xAF"
      "e\xF0\x9F";
  const std::string fffd = "\xEF\xBF\xBD";
  const std::string repaired =
      "a" + fffd + fffd + " b" + fffd + " c" + fffd + fffd + fffd + " d" + fffd + fffd + "e" + fffd;
  CHECK(repaired_utf8(broken) == repaired);
  for (const auto& tokenizer : all_kinds()) {
    const Encoding of_broken = tokenizer->encode(broken);
    const Encoding of_repaired = tokenizer->encode(repaired);
    CHECK(of_broken.ids == of_repaired.ids);
    CHECK(of_broken.starts == of_repaired.starts);
    CHECK(of_broken.ends == of_repaired.ends);
  }
}

TEST_CASE("random bytes are tokenized", "[text]") {
  const auto seed = static_cast<uint32_t>(Catch::getSeed());
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto kinds = all_kinds();
  for (int round = 0; round < 100; ++round) {
    std::string text(random() % 200, ' ');
    for (char& c : text) c = static_cast<char>(random());
    for (const auto& tokenizer : kinds) check_spans(tokenizer->encode(text), text);
  }
}

TEST_CASE("ids outside the vocabulary decode to something harmless", "[text]") {
  const std::vector<int32_t> ids{-1, INT32_MIN, INT32_MAX, 1000000};
  for (const auto& tokenizer : all_kinds()) CHECK(tokenizer->decode(ids, true).empty());
}

}  // namespace dragoman
