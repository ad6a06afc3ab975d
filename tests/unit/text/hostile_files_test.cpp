// Tokenizer files that are damaged, cut off, contradictory or unknown: a typed error that names the
// file, or a tokenizer that works; never a crash.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdint>
#include <random>
#include <string>

#include "text/sentencepiece/spm_processor.hpp"
#include "unit/text/tokenizer_files.hpp"

namespace dragoman {

namespace {

using Catch::Matchers::ContainsSubstring;

// Uses a model that may be damaged. Returns whether it was refused, with an error that fits.
bool refused(const std::string& bytes) {
  try {
    const SpmProcessor processor(bytes, "source.spm", SpmProcessor::Use::kEncode);
    std::vector<std::string_view> pieces{"<unk>", "</s>", "<0x41>", "\xE2\x96\x81x", "b"};
    processor.decode(pieces);
    for (const char* text :
         {"", " ", "abcab xyz \xC3\xA9 \xE6\x97\xA5 \xEF\xBC\xA1", "fl\xEF\xAC\x81 aab"}) {
      uint32_t last = 0;
      for (const SpmPiece& piece : processor.encode(text)) {
        REQUIRE(piece.begin <= piece.end);
        REQUIRE(piece.end >= last);
        last = piece.end;
      }
      REQUIRE(last <= std::string_view(text).size());
    }
    return false;
  } catch (const Error& error) {
    const bool typed =
        error.code() == ErrorCode::kTokenizerFormat || error.code() == ErrorCode::kUnsupportedModel;
    CAPTURE(error.what());
    REQUIRE(typed);
    REQUIRE(std::string_view(error.what()).find("source.spm") != std::string_view::npos);
    return true;
  }
}

void check_error(const TokenizerFiles& files, const char* type, ErrorCode code, const char* part) {
  try {
    load_tokenizer(files, type);
    FAIL("no error, though one about " << part << " is expected");
  } catch (const Error& error) {
    CHECK(error_code_name(error.code()) == error_code_name(code));
    CHECK_THAT(error.what(), ContainsSubstring(part));
  }
}

// tokenizer.json with one text replaced by another.
TokenizerFiles edited(const std::string& from, const std::string& to) {
  TokenizerFiles files = bert_files();
  std::string& json = files["tokenizer.json"];
  const size_t found = json.find(from);
  REQUIRE(found != std::string::npos);
  json.replace(found, from.size(), to);
  return files;
}

TokenizerFiles with_vocab(const std::string& vocab) {
  TokenizerFiles files = marian_files("marian-tiny-unigram");
  files["vocab.json"] = vocab;
  return files;
}

}  // namespace

TEST_CASE("a SentencePiece model that is cut off anywhere is refused", "[text][hostile]") {
  for (const char* name : {"marian-tiny-unigram", "marian-tiny-bpe"}) {
    const std::string model = golden_tokenizer_file(std::string(name) + ".source.spm");
    REQUIRE_FALSE(refused(model));
    for (size_t length = 0; length < model.size(); ++length) {
      CAPTURE(name, length);
      // The last byte or two may be a normaliser's setting that is false anyway.
      const bool cut = refused(model.substr(0, length));
      CHECK((cut || length + 2 >= model.size()));
    }
  }
  const std::string large = golden_tokenizer_file("marian-bpe.source.spm");
  for (size_t length = 0; length < large.size() - 200; length += 997) {
    CAPTURE(length);
    CHECK(refused(large.substr(0, length)));
  }
}

TEST_CASE("flipped bytes in a SentencePiece model never crash", "[text][hostile]") {
  const auto seed = static_cast<uint32_t>(Catch::getSeed());
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (const char* name : {"marian-tiny-unigram", "marian-tiny-bpe", "marian-bpe"}) {
    const std::string model = golden_tokenizer_file(std::string(name) + ".source.spm");
    const int rounds = model.size() < 5000 ? 1500 : 60;
    for (int round = 0; round < rounds; ++round) {
      std::string damaged = model;
      for (uint32_t flips = 1 + random() % 4; flips > 0; --flips) {
        damaged[random() % damaged.size()] = static_cast<char>(random() & 0xFF);
      }
      refused(damaged);
    }
  }
}

TEST_CASE("flipped bytes in the character map never crash", "[text][hostile]") {
  const std::string model = golden_tokenizer_file("marian-bpe.source.spm");
  // The map is the largest field at the end of the file; its trie alone has kilobytes.
  const size_t begin = model.size() - 6000;
  const auto seed = static_cast<uint32_t>(Catch::getSeed());
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string damaged = model;
    damaged[begin + random() % 6000] ^= static_cast<char>(1u << (random() % 8));
    refused(damaged);
  }
}

TEST_CASE("damaged tokenizer.json files are refused or work", "[text][hostile]") {
  const std::string json = bert_files()["tokenizer.json"];
  for (size_t length = 0; length < json.size() - 1; length += 211) {
    const TokenizerFiles files{{"tokenizer.json", json.substr(0, length)}};
    check_error(files, "bert", ErrorCode::kTokenizerFormat, "tokenizer.json");
  }
  const auto seed = static_cast<uint32_t>(Catch::getSeed());
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 100; ++round) {
    std::string damaged = json;
    damaged[random() % damaged.size()] = static_cast<char>(0x20 + random() % 0x5F);
    try {
      load_tokenizer({{"tokenizer.json", damaged}}, "bert")->encode("the [MASK] reads");
    } catch (const Error& error) {
      REQUIRE(std::string_view(error.what()).find("tokenizer.json") != std::string_view::npos);
    }
  }
}

TEST_CASE("components that are not implemented are named", "[text][hostile]") {
  const auto unsupported = ErrorCode::kUnsupportedModel;
  check_error(edited("\"BertNormalizer\"", "\"Odd\""), "bert", unsupported, "Odd");
  check_error(edited("\"BertPreTokenizer\"", "\"UnicodeScripts\""), "bert", unsupported,
              "UnicodeScripts");
  check_error(edited("\"TemplateProcessing\"", "\"Odd\""), "bert", unsupported, "Odd");
  check_error(edited("\"decoder\":{\"type\":\"WordPiece\"", "\"decoder\":{\"type\":\"Odd\""),
              "bert", unsupported, "Odd");
  check_error(edited("\"model\":{\"type\":\"WordPiece\"", "\"model\":{\"type\":\"Chars\""), "bert",
              unsupported, "Chars");
}

TEST_CASE("missing tokenizer files are named", "[text][hostile]") {
  const auto incomplete = ErrorCode::kModelIncomplete;
  check_error({}, "bert", incomplete, "tokenizer.json");
  check_error({}, "marian", incomplete, "source.spm");
  TokenizerFiles files = marian_files("marian-tiny-unigram");
  files.erase("vocab.json");
  check_error(files, "marian", incomplete, "vocab.json");
  files = marian_files("marian-tiny-unigram");
  files["tokenizer_config.json"] = R"({"separate_vocabs": true})";
  check_error(files, "marian", incomplete, "target_vocab.json");
}

TEST_CASE("vocabularies with impossible ids or nesting are refused", "[text][hostile]") {
  const auto format = ErrorCode::kTokenizerFormat;
  const std::string good = R"("</s>": 0, "<unk>": 1, "<pad>": 2)";
  REQUIRE_NOTHROW(load_tokenizer(with_vocab("{" + good + "}"), "marian"));
  for (const char* id :
       {"-1", "2147483648", "1e300", "18446744073709551616", "1.5", "\"7\"", "null", "[]", "NaN"}) {
    CAPTURE(id);
    check_error(with_vocab("{" + good + ", \"x\": " + id + "}"), "marian", format, "vocab.json");
  }
  check_error(with_vocab("[]"), "marian", format, "vocab.json");
  check_error(with_vocab("{\"</s>\": 0, \"<pad>\": 1}"), "marian", format, "<unk>");
  check_error(with_vocab(std::string(100000, '[')), "marian", format, "vocab.json");
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  check_error(with_vocab(deep), "marian", format, "vocab.json");
  check_error({{"vocab.txt", "[UNK]\n[CLS]\n"}}, "bert", format, "[SEP]");
  check_error(edited("\"unk_token\":\"[UNK]\"", "\"unk_token\":\"<none>\""), "bert", format,
              "<none>");
}

TEST_CASE("of tokens and ids given twice the last one counts", "[text]") {
  const auto tokenizer = load_tokenizer(
      with_vocab(R"({"</s>": 0, "<unk>": 1, "<pad>": 2, "a": 9, "a": 4, "b": 4, "c": 2147483647})"),
      "marian");
  CHECK(tokenizer->token_id("a") == 4);
  const std::vector<int32_t> ids{4, 2147483647, -5, 4};
  CHECK(tokenizer->decode(ids, true) == "bcb");
}

}  // namespace dragoman
