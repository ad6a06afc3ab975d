// Tokenizers against what Python's answered: ids, offsets, special tokens, decoding, truncation.
// The data is made by tests/golden/make_tokenizers.py, which tells its format.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

namespace {

// The committed goldens, or a larger set outside the repository.
std::string read_golden(const std::string& name) {
  const char* const folder = std::getenv("DRAGOMAN_TOKENIZER_GOLDENS");
  const std::string root = folder != nullptr ? folder : DRAGOMAN_GOLDEN_DIR "/tokenizers";
  std::ifstream file(root + "/" + name, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

const JsonDocument& cases() {
  static const JsonDocument document(read_golden("cases.json"), "cases.json", ErrorCode::kInternal);
  return document;
}

const JsonDocument& lines() {
  static const JsonDocument document(read_golden("lines.json"), "lines.json", ErrorCode::kInternal);
  return document;
}

std::unique_ptr<Tokenizer> load_case(const Json& node) {
  TokenizerFiles files;
  node.at("files").each_member([&files](std::string_view name, const Json& stored) {
    files.emplace(name, read_golden(std::string(stored.as_string())));
  });
  return load_tokenizer(files, node.at("model_type").as_string());
}

// The texts of a case: all, a sample of them, or its own.
std::vector<std::string> texts_of(const Json& node) {
  std::vector<std::string> texts;
  const Json which = node.at("lines");
  const Json all = which.is_array() ? which : lines().root();
  const bool sample = which.is_string() && which.as_string() == "sample";
  const size_t count = sample ? node.at("sample").size() : all.size();
  for (size_t i = 0; i < count; ++i) {
    const auto index = static_cast<size_t>(sample ? node.at("sample").at(i).as_uint() : i);
    texts.emplace_back(all.at(index).as_string());
  }
  return texts;
}

int digit(char c) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return static_cast<int>(kDigits.find(c));
}

int64_t read_number(std::string_view& text) {
  int64_t value = 0;
  for (int shift = 0; !text.empty(); shift += 5) {
    const int d = digit(text.front());
    text.remove_prefix(1);
    value |= static_cast<int64_t>(d & 31) << shift;
    if (d < 32) break;
  }
  return value % 2 == 0 ? value / 2 : -(value + 1) / 2;
}

struct Row {
  int32_t id;
  uint32_t start;
  uint32_t end;
  int special;
  bool operator==(const Row&) const = default;
};

std::vector<Row> read_rows(std::string_view text) {
  std::vector<Row> rows;
  int64_t last = 0;
  while (!text.empty()) {
    const int64_t id = read_number(text);
    const int64_t start = last + read_number(text);
    last = start + read_number(text);
    rows.push_back({static_cast<int32_t>(id / 2), static_cast<uint32_t>(start),
                    static_cast<uint32_t>(last), static_cast<int>(id % 2)});
  }
  return rows;
}

// @param spans  false where the reference has no offsets
std::vector<Row> rows_of(const Encoding& encoding, bool spans) {
  std::vector<Row> rows;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    rows.push_back({encoding.ids[i], spans ? encoding.starts[i] : 0, spans ? encoding.ends[i] : 0,
                    encoding.special[i]});
  }
  return rows;
}

std::vector<int32_t> ids_of(const Json& list) {
  std::vector<int32_t> ids;
  for (size_t i = 0; i < list.size(); ++i) ids.push_back(static_cast<int32_t>(list.at(i).as_int()));
  return ids;
}

Truncation truncation_of(std::string_view name) {
  if (name == "only_first") return Truncation::kOnlyFirst;
  return name == "only_second" ? Truncation::kOnlySecond : Truncation::kLongestFirst;
}

void check_truncation(const Tokenizer& tokenizer, const Json& node) {
  EncodeOptions options;
  options.max_length = static_cast<int>(node.at("max_length").as_int());
  options.truncation = truncation_of(node.at("strategy").as_string());
  std::optional<std::string_view> pair;
  if (node.has("pair")) pair = node.at("pair").as_string();
  const std::string_view text = node.at("text").as_string();
  CAPTURE(text, pair.value_or("(none)"), options.max_length, node.at("strategy").as_string());
  if (node.has("error")) {
    // What the slow reference cannot do for one text we can: keep nothing of it.
    if (options.truncation == Truncation::kLongestFirst) return;
    REQUIRE_THROWS_AS(tokenizer.encode(text, pair, options), Error);
    return;
  }
  const Encoding encoding = tokenizer.encode(text, pair, options);
  REQUIRE(encoding.ids == ids_of(node.at("ids")));
  REQUIRE(encoding.type_ids.size() == encoding.ids.size());
  if (node.has("types")) REQUIRE(encoding.type_ids == ids_of(node.at("types")));
  const bool cut = tokenizer.encode(text, pair, {}).ids.size() > encoding.ids.size();
  REQUIRE(encoding.truncated == cut);
  const Json spans = node.at("spans");
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans.at(i).at(size_t{0}).is_null()) continue;
    REQUIRE(encoding.starts[i] == spans.at(i).at(size_t{0}).as_uint());
    REQUIRE(encoding.ends[i] == spans.at(i).at(1).as_uint());
  }
}

}  // namespace

TEST_CASE("tokenizers give the reference's ids and offsets", "[text][golden]") {
  const Json node = cases().root().at(GENERATE(range(size_t{0}, cases().root().size())));
  const std::string name(node.at("name").as_string());
  CAPTURE(name);
  const auto tokenizer = load_case(node);
  const bool spans = node.at("spans").as_bool();
  const std::string expected = read_golden(name + ".enc");
  size_t begin = 0;
  for (const std::string& text : texts_of(node)) {
    const size_t end = expected.find('\n', begin);
    REQUIRE(end != std::string::npos);
    const auto want = read_rows(std::string_view(expected).substr(begin, end - begin));
    const auto got = rows_of(tokenizer->encode(text), spans);
    if (got != want) {
      CAPTURE(text, got.size(), want.size());
      for (size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
        CAPTURE(i, got[i].start, want[i].start, got[i].end, want[i].end);
        REQUIRE(got[i].id == want[i].id);
        REQUIRE(got[i] == want[i]);
      }
      REQUIRE(got.size() == want.size());
    }
    begin = end + 1;
  }
  CHECK(begin == expected.size());
}

TEST_CASE("tokenizers decode as the reference does", "[text][golden]") {
  const Json node = cases().root().at(GENERATE(range(size_t{0}, cases().root().size())));
  CAPTURE(node.at("name").as_string());
  const auto tokenizer = load_case(node);
  CHECK(tokenizer->vocab_size() == node.at("vocab_size").as_int());
  const Json list = node.at("decode");
  for (size_t i = 0; i < list.size(); ++i) {
    const std::vector<int32_t> ids = ids_of(list.at(i).at(size_t{0}));
    CAPTURE(i, ids);
    REQUIRE(tokenizer->decode(ids, true) == list.at(i).at(1).as_string());
    REQUIRE(tokenizer->decode(ids, false) == list.at(i).at(2).as_string());
  }
}

TEST_CASE("tokenizers truncate texts and pairs as the reference does", "[text][golden]") {
  const Json node = cases().root().at(GENERATE(range(size_t{0}, cases().root().size())));
  CAPTURE(node.at("name").as_string());
  const Json list = node.at("truncate");
  if (list.size() == 0) return;
  const auto tokenizer = load_case(node);
  for (size_t i = 0; i < list.size(); ++i) check_truncation(*tokenizer, list.at(i));
}

}  // namespace dragoman
