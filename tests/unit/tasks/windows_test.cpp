// Windows of long texts, with a tokenizer small enough to count by hand.
#include "tasks/windows.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "base/error.hpp"
#include "base/utf.hpp"

using namespace dragoman;

namespace {

constexpr int32_t kEnd = 1;
constexpr int32_t kCode = 2;

/// One token per character other than a space, the code point being its id; an end token; and
/// `>>xx<<` as one token.
class CharacterTokenizer final : public Tokenizer {
 public:
  using Tokenizer::encode;
  Encoding encode(std::string_view text, std::optional<std::string_view>,
                  const EncodeOptions&) const override {
    Encoding encoding;
    uint32_t offset = 0;
    size_t position = 0;
    if (text.substr(0, 6) == ">>xx<<") {
      put(encoding, kCode, 0, 6);
      offset = 6;
      position = 6;
    }
    while (position < text.size()) {
      const char32_t c = next_code_point(text, position);
      const uint32_t end = offset + utf16_length(c);
      if (c != U' ') put(encoding, static_cast<int32_t>(c), offset, end);
      offset = end;
    }
    put(encoding, kEnd, 0, 0);
    encoding.special.back() = 1;
    return encoding;
  }
  std::string decode(std::span<const int32_t> ids, bool) const override {
    std::string text;
    for (const int32_t id : ids) append_utf8(text, static_cast<char32_t>(id));
    return text;
  }
  int vocab_size() const override { return 0x110000; }
  int32_t token_id(std::string_view token) const override { return token == ">>xx<<" ? kCode : -1; }
  std::string token(int32_t id) const override { return decode({&id, 1}, false); }
  std::string join(std::vector<std::string>) const override { return ""; }
  bool marks_subwords() const override { return false; }
  int special_tokens(bool) const override { return 1; }
  bool begins_word(const Encoding& encoding, size_t index) const override {
    return index == 0 || encoding.starts[index] != encoding.ends[index - 1];
  }

 private:
  static void put(Encoding& encoding, int32_t id, uint32_t start, uint32_t end) {
    encoding.ids.push_back(id);
    encoding.type_ids.push_back(0);
    encoding.starts.push_back(start);
    encoding.ends.push_back(end);
    encoding.special.push_back(0);
  }
};

Windows split(const std::string& text, int limit, bool truncate = false) {
  return split_windows(CharacterTokenizer(), {"", text}, limit, truncate, "inputs[0]");
}

// Windows as texts without spaces, the code as '#', joined by '|'; checks the end tokens.
std::string shown(const Windows& windows) {
  std::string text;
  for (const std::vector<int32_t>& ids : windows.ids) {
    if (!text.empty()) text += '|';
    REQUIRE(ids.back() == kEnd);
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      append_utf8(text, ids[i] == kCode ? U'#' : static_cast<char32_t>(ids[i]));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("A text that fits is one window", "[tasks][windows]") {
  CHECK(shown(split("ab cd", 5)) == "abcd");
  CHECK(split("ab cd", 5).ids.front() == std::vector<int32_t>{'a', 'b', 'c', 'd', kEnd});
}

TEST_CASE("A text without tokens of its own has no windows", "[tasks][windows]") {
  CHECK(split("", 5).ids.empty());
  CHECK(split(">>xx<<", 5).ids.empty());
}

TEST_CASE("A longer text is split between words", "[tasks][windows]") {
  CHECK(shown(split("ab cd", 4)) == "ab|cd");
  CHECK(shown(split("aaa bb c dddd e", 6)) == "aaabb|cdddd|e");
  CHECK_FALSE(split("ab cd", 4).truncated);
}

TEST_CASE("A split is rather made after punctuation", "[tasks][windows]") {
  CHECK(shown(split("aaa b. cc dd", 8)) == "aaab.|ccdd");
  CHECK(shown(split("aaa b, cc dd", 8)) == "aaab,|ccdd");
  CHECK(shown(split("aaa, b. cc dd", 9)) == "aaa,b.|ccdd");
  // Too early in the window to be worth it.
  CHECK(shown(split("a. bbb cc dd", 9)) == "a.bbbcc|dd");
  // Scripts without spaces end words at their own punctuation.
  CHECK(shown(split("日本語。日本語です", 8)) == "日本語。|日本語です");
  CHECK(shown(split("\U0001F600日本、語です", 6)) == "\U0001F600日本、|語です");
}

TEST_CASE("Every window begins with the text's code", "[tasks][windows]") {
  CHECK(shown(split(">>xx<< ab cd ef", 6)) == "#abcd|#ef");
}

TEST_CASE("Nothing is lost at any limit", "[tasks][windows]") {
  const std::string text = "Lorem, ipsum dolor. Sit amet; consec tetur, adip 3.14 elit? Sed do!";
  std::string all = text;
  all.erase(std::remove(all.begin(), all.end(), ' '), all.end());
  for (int limit = 8; limit < 70; ++limit) {
    const Windows windows = split(text, limit);
    std::string joined = shown(windows);
    joined.erase(std::remove(joined.begin(), joined.end(), '|'), joined.end());
    CHECK(joined == all);
    for (const auto& ids : windows.ids) CHECK(ids.size() <= static_cast<size_t>(limit));
    CHECK_FALSE(windows.truncated);
  }
}

TEST_CASE("Every window begins with the prefix", "[tasks][windows]") {
  const Windows windows =
      split_windows(CharacterTokenizer(), {"ab: ", "cd efg hi"}, 8, false, "inputs[0]");
  REQUIRE(windows.ids.size() == 3);
  CHECK(windows.ids[0] == std::vector<int32_t>{'a', 'b', ':', 'c', 'd', kEnd});
  CHECK(windows.ids[1] == std::vector<int32_t>{'a', 'b', ':', 'e', 'f', 'g', kEnd});
  CHECK(windows.ids[2] == std::vector<int32_t>{'a', 'b', ':', 'h', 'i', kEnd});
}

TEST_CASE("A word longer than a window is refused, or cut where asked", "[tasks][windows]") {
  const std::string text = "ab " + std::string(100000, 'x') + " cd";
  try {
    split(text, 10);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInputTooLong);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("inputs[0]"));
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("100000 tokens"));
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("at most 9"));
  }
  const Windows cut = split(text, 10, true);
  CHECK(cut.truncated);
  CHECK(shown(cut) == "ab|xxxxxxxxx|cd");
}
