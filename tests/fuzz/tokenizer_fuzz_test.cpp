// Damaged tokenizer.json files with every kind of stage: whatever the damage, loading and encoding
// end with a result or a typed error, and soon.
//
// The same generator runs everywhere and its seed is printed on failure, so a finding repeats.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <chrono>
#include <random>
#include <string>

#include "text/tokenizer.hpp"

namespace dragoman::test {
namespace {

// Every stage once, before one of the models; what is damaged decides what is left of them.
constexpr const char* kStages = R"json({
"added_tokens": [{"id": 20, "content": "<m>", "lstrip": true, "rstrip": true, "special": true,
  "normalized": false, "single_word": false}, {"id": 21, "content": "Word", "single_word": true}],
"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "NFD"},
  {"type": "StripAccents"}, {"type": "Lowercase"}, {"type": "Nmt"}, {"type": "Prepend",
  "prepend": "▁"}, {"type": "Strip", "strip_left": true, "strip_right": false},
  {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
  {"type": "Replace", "pattern": {"String": "``"}, "content": "\""}]},
"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex":
  "(?i:'s|'ll)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}]+[\\r\\n]*|\\s+(?!\\S)"},
  "behavior": "Isolated", "invert": false}, {"type": "Digits", "individual_digits": true},
  {"type": "Punctuation", "behavior": "MergedWithNext"}, {"type": "Whitespace"},
  {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true},
  {"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}]},
"post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel", "trim_offsets": true,
  "add_prefix_space": true}, {"type": "RobertaProcessing", "sep": ["b", 2], "cls": ["a", 1],
  "trim_offsets": false}]},
"decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"},
  "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ",
  "start": 1, "stop": 0}, {"type": "ByteLevel"}, {"type": "WordPiece", "prefix": "##"}]},
)json";

constexpr const char* kModels[] = {
    R"json("model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "a": 1,
  "b": 2, "##a": 3, "Ġ": 4, "##b": 5, "<0xE4>": 6, "1": 7, "##'": 8, "Ċ": 9}}})json",
    R"json("model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true,
  "continuing_subword_prefix": null, "end_of_word_suffix": "</w>", "byte_fallback": true,
  "ignore_merges": false, "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "aa": 4, "aaaa": 5,
  "Ġ": 6, "a</w>": 7, "aa</w>": 8, "<0x41>": 9, "Ġa": 10}, "merges": ["a b", "a a", "aa aa",
  ["a", "a</w>"], "Ġ a"]}})json",
    R"json("model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true,
  "vocab": [["<unk>", 0.0], ["a", -1.5], ["aa", -2.25], ["ab", -3.0], ["Ġ", -1e-3], ["Ġa", -2],
  ["aaaa", -3.5], ["<0xC3>", -9], ["b", -1.5]]}})json",
};

constexpr const char* kPieces[] = {"true", "null",     "-1",       "[]", "{}",          "\"\"",
                                   "1e99", "\"NFC\"",  "(",        "*",  "\\\\p{L}",    "[^",
                                   "+",    "\"Fuse\"", "{1,9999}", "|",  "\"Removed\"", "?"};

// One or two places of the file are overwritten, taken out or filled with something else.
std::string damaged(std::string file, std::mt19937& random) {
  for (size_t count = 1 + random() % 2; count > 0; --count) {
    const size_t at = random() % file.size();
    switch (random() % 4) {
      case 0:
        file[at] = static_cast<char>(0x20 + random() % 0x5F);
        break;
      case 1:
        file.erase(at, 1 + random() % 12);
        break;
      case 2:
        file.insert(at, kPieces[random() % std::size(kPieces)]);
        break;
      default:
        file.insert(at, file.substr(random() % file.size(), random() % 40));
    }
  }
  return file;
}

}  // namespace

TEST_CASE("A thousand damaged tokenizer files of each model work or are refused", "[text][fuzz]") {
  const std::string text = " a  ab<m> don'LL 12345 é\u0301 \n\n x中``Word " + std::string(300, 'a');
  std::mt19937 random(20261128);
  const std::string whole =
      kStages + std::string(GENERATE(from_range(std::begin(kModels), std::end(kModels))));
  REQUIRE_NOTHROW(load_tokenizer({{"tokenizer.json", whole}}, "x")->encode(text));
  int works = 0;
  for (int round = 0; round < 1000; ++round) {
    const std::string file = damaged(whole, random);
    CAPTURE(round, file);
    const auto start = std::chrono::steady_clock::now();
    try {
      const auto tokenizer = load_tokenizer({{"tokenizer.json", file}}, "x");
      const Encoding encoding = tokenizer->encode(text);
      tokenizer->decode(encoding.ids, false);
      ++works;
    } catch (const Error& error) {
      const ErrorCode code = error.code();
      const bool typed =
          code == ErrorCode::kTokenizerFormat || code == ErrorCode::kUnsupportedModel;
      REQUIRE(typed);
    }
    // A hang would be one of the engine; a second is far more than any of these takes.
    REQUIRE(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
  }
  CHECK(works > 50);
  CHECK(works < 950);
}

}  // namespace dragoman::test
