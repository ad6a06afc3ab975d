// What truncation cuts, as further windows, and texts cut into words beforehand, against Python's
// answers. Made by tests/golden/make_windows.py, which tells the format.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "text/tokenizer.hpp"
#include "unit/text/tokenizer_files.hpp"

namespace dragoman {

namespace {

EncodeOptions options_of(const Json& request) {
  const std::string_view truncation = request.at("truncation").as_string();
  EncodeOptions options;
  options.add_special_tokens = request.at("special").as_bool();
  options.max_length = static_cast<int>(request.at("max_length").as_int());
  options.stride = static_cast<int>(request.at("stride").as_int());
  options.overflow = true;
  options.truncation = truncation == "only_first"    ? Truncation::kOnlyFirst
                       : truncation == "only_second" ? Truncation::kOnlySecond
                                                     : Truncation::kLongestFirst;
  return options;
}

Encoding encode(const Tokenizer& tokenizer, const Json& request) {
  const EncodeOptions options = options_of(request);
  if (request.has("split")) {
    const Json split = request.at("split");
    std::vector<std::string_view> words;
    for (size_t i = 0; i < split.size(); ++i) words.push_back(split.at(i).as_string());
    return tokenizer.encode_words(words, options);
  }
  std::optional<std::string_view> pair;
  if (request.has("pair")) pair = request.at("pair").as_string();
  return tokenizer.encode(request.at("text").as_string(), pair, options);
}

std::vector<int64_t> rows_of(const Encoding& window) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < window.ids.size(); ++i) {
    rows.insert(rows.end(), {window.ids[i], window.type_ids[i], window.starts[i], window.ends[i],
                             window.special[i], window.words[i], window.texts[i]});
  }
  return rows;
}

std::vector<int64_t> numbers_of(const Json& list) {
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < list.size(); ++i) numbers.push_back(list.at(i).as_int());
  return numbers;
}

void check_request(const Tokenizer& tokenizer, const Json& request) {
  if (!request.has("windows")) {
    CHECK_THROWS_AS(encode(tokenizer, request), Error);
    return;
  }
  const Json want = request.at("windows");
  const Encoding encoding = encode(tokenizer, request);
  CHECK(encoding.truncated == (want.size() > 1));
  REQUIRE(encoding.overflow.size() + 1 == want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    CAPTURE(i);
    CHECK(rows_of(i == 0 ? encoding : encoding.overflow[i - 1]) == numbers_of(want.at(i)));
  }
}

}  // namespace

TEST_CASE("windows of texts, pairs and words agree with the reference", "[text][golden]") {
  const std::string file = golden_tokenizer_file("windows.json");
  const JsonDocument document(file, "windows.json", ErrorCode::kInternal);
  for (size_t i = 0; i < document.root().size(); ++i) {
    const Json node = document.root().at(i);
    const std::string name(node.at("name").as_string());
    const auto tokenizer =
        load_tokenizer({{"tokenizer.json", std::string(node.at("tokenizer").as_string())},
                        {"tokenizer_config.json", std::string(node.at("config").as_string())}},
                       "any");
    const Json requests = node.at("requests");
    REQUIRE(requests.size() > 100);
    for (size_t k = 0; k < requests.size(); ++k) {
      CAPTURE(name, k, requests.at(k).at("max_length").as_int());
      check_request(*tokenizer, requests.at(k));
    }
  }
}

}  // namespace dragoman
