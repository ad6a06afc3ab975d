// Folders without tokenizer.json: which files are asked for, what is said of those that lack or are
// damaged, and what classes change. That tokens are the reference's is for the goldens to say.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <random>

#include "unit/errors.hpp"
#include "unit/text/tokenizer_files.hpp"

namespace dragoman {

namespace {

using Catch::Matchers::ContainsSubstring;
using test::error_of;
using Names = std::vector<std::string>;

std::string refusal(const TokenizerFiles& files, const std::string& type) {
  return error_of([&] { load_tokenizer(files, type); });
}

TokenizerFiles gpt2_files() {
  return {{"vocab.json", golden_tokenizer_file("gpt2-files.vocab.json")},
          {"merges.txt", golden_tokenizer_file("gpt2-files.merges.txt")}};
}

TokenizerFiles llama_files(const std::string& config = "{}") {
  return {{"tokenizer.model", golden_tokenizer_file("llama-files.tokenizer.model")},
          {"tokenizer_config.json", config}};
}

}  // namespace

TEST_CASE("a family asks for its own vocabulary, and only without tokenizer.json", "[text]") {
  CHECK(vocabulary_file_names({}, "bert") == Names{"vocab.txt"});
  CHECK(vocabulary_file_names({}, "gpt2") == Names{"vocab.json", "merges.txt"});
  CHECK(vocabulary_file_names({}, "qwen2") == Names{"vocab.json", "merges.txt"});
  CHECK(vocabulary_file_names({}, "t5") == Names{"spiece.model"});
  CHECK(vocabulary_file_names({}, "xlm-roberta") == Names{"sentencepiece.bpe.model"});
  CHECK(vocabulary_file_names({}, "deberta-v2") == Names{"spm.model"});
  CHECK(vocabulary_file_names({}, "mistral") == Names{"tokenizer.model"});
  CHECK(vocabulary_file_names({}, "m2m_100") == Names{"sentencepiece.bpe.model", "vocab.json"});
  CHECK(vocabulary_file_names({}, "marian").empty());
  const TokenizerFiles nllb{{"tokenizer_config.json", R"({"tokenizer_class": "NllbTokenizer"})"}};
  CHECK(vocabulary_file_names(nllb, "m2m_100") == Names{"sentencepiece.bpe.model"});
  const TokenizerFiles named{{"config.json", R"({"tokenizer_class": "BertTokenizer"})"}};
  CHECK(vocabulary_file_names(named, "gpt2") == Names{"vocab.txt"});
  CHECK(vocabulary_file_names({{"tokenizer.json", "{}"}}, "t5").empty());
}

TEST_CASE("a vocabulary that lacks is named", "[text]") {
  CHECK_THAT(refusal({}, "t5"), ContainsSubstring("model-incomplete") &&
                                    ContainsSubstring("neither tokenizer.json nor spiece.model"));
  CHECK_THAT(refusal({}, "llama"), ContainsSubstring("tokenizer.model"));
  CHECK_THAT(refusal({}, "roberta"), ContainsSubstring("vocab.json"));
  TokenizerFiles files = gpt2_files();
  files.erase("merges.txt");
  CHECK_THAT(refusal(files, "roberta"), ContainsSubstring("merges.txt"));
  CHECK_THAT(refusal({}, "m2m_100"), ContainsSubstring("sentencepiece.bpe.model"));
}

TEST_CASE("damaged vocabularies are refused by their files' names", "[text]") {
  TokenizerFiles files = gpt2_files();
  files["merges.txt"] = "#version: 0.2\na b c\n";
  CHECK_THAT(refusal(files, "gpt2"), ContainsSubstring("tokenizer-format: merges.txt: merge 2"));
  files["merges.txt"] = "#version: 0.2\nqq qq\n";
  CHECK_THAT(refusal(files, "gpt2"), ContainsSubstring("\"qq\" is not in the vocabulary"));
  files["vocab.json"] = "[]";
  CHECK_THAT(refusal(files, "gpt2"), ContainsSubstring("vocab.json"));
  files = llama_files();
  files["tokenizer.model"].resize(5000);
  CHECK_THAT(refusal(files, "llama"), ContainsSubstring("tokenizer-format: tokenizer.model"));
  CHECK_THAT(refusal(llama_files(R"({"bos_token": null})"), "llama"),
             ContainsSubstring("add_bos_token is true, but there is no bos_token"));
}

TEST_CASE("any damage to a SentencePiece model of a family is survived", "[text][fuzz]") {
  const std::string whole = llama_files()["tokenizer.model"];
  std::mt19937 random(Catch::getSeed());
  for (int round = 0; round < 60; ++round) {
    TokenizerFiles files = llama_files();
    std::string& model = files["tokenizer.model"];
    for (int i = 0; i < 3; ++i) model[random() % whole.size()] = static_cast<char>(random() % 256);
    const char* const kind = round % 3 == 0 ? "gemma" : "llama";
    try {
      const auto tokenizer = load_tokenizer(files, kind);
      tokenizer->decode(tokenizer->encode("The old teacher reads \xE6\x97\xA5.").ids, true);
    } catch (const Error& error) {
      CAPTURE(error.what());
      const bool typed = error.code() == ErrorCode::kTokenizerFormat ||
                         error.code() == ErrorCode::kUnsupportedModel;
      REQUIRE(typed);
    }
  }
}

TEST_CASE("the language of a source is chosen with each call", "[text][languages]") {
  const TokenizerFiles files{
      {"sentencepiece.bpe.model", golden_tokenizer_file("marian-unigram.target.spm")},
      {"tokenizer_config.json", R"({"tokenizer_class": "MBart50Tokenizer"})"}};
  const auto tokenizer = load_tokenizer(files, "mbart");
  REQUIRE(tokenizer->languages().size() == 52);
  const auto plain = tokenizer->encode("a b").ids;
  CHECK(plain.front() == tokenizer->token_id("en_XX"));
  EncodeOptions options;
  options.language = tokenizer->token_id("fr_XX");
  auto french = tokenizer->encode("a b", std::nullopt, options).ids;
  CHECK(french.front() == tokenizer->token_id("fr_XX"));
  french.front() = plain.front();
  CHECK(french == plain);
}

TEST_CASE("a class changes what tokenizer.json says of begin and end", "[text]") {
  TokenizerFiles files{{"tokenizer.json", golden_tokenizer_file("bpe-unknown.tokenizer.json")}};
  files["tokenizer_config.json"] = R"({"tokenizer_class": "LlamaTokenizer",
    "add_bos_token": false, "add_eos_token": true, "eos_token": "a", "bos_token": "b"})";
  const auto tokenizer = load_tokenizer(files, "llama");
  CHECK(tokenizer->encode("").ids == std::vector<int32_t>{tokenizer->token_id("a")});
  CHECK(tokenizer->special_tokens(true) == 2);
  files["tokenizer_config.json"] = R"({"tokenizer_class": "PreTrainedTokenizerFast"})";
  CHECK(load_tokenizer(files, "llama")->encode("").ids.empty());
}

}  // namespace dragoman
