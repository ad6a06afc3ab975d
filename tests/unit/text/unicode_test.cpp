// Unicode properties and UTF conversions.
#include "base/unicode.hpp"

#include <catch2/catch_test_macros.hpp>

#include "base/unicode_records.hpp"
#include "base/utf.hpp"

namespace dragoman {

namespace {

std::u32string decomposed(char32_t c) {
  std::u32string out;
  append_decomposition(out, c);
  return out;
}

std::u32string lowered(char32_t c) {
  std::u32string out;
  append_lower_case(out, c);
  return out;
}

}  // namespace

TEST_CASE("properties are those of the versions the reference uses", "[unicode]") {
  CHECK(is_white_space(U'\u3000'));
  CHECK_FALSE(is_white_space(U'\u200b'));
  CHECK(is_python_space(U'\x1c'));
  CHECK_FALSE(is_white_space(U'\x1c'));
  CHECK(is_control(U'\u00ad'));
  CHECK(is_control(0xE000));
  CHECK(is_control(0x10FFFD));
  CHECK_FALSE(is_control(0x10FFFF));
  CHECK_FALSE(is_control(U'\n'));
  CHECK_FALSE(is_control(0x0378));  // unassigned
  CHECK(is_nonspacing_mark(0x0301));
  CHECK(is_nonspacing_mark(0x1734));        // a spacing mark since Unicode 14
  CHECK_FALSE(is_nonspacing_mark(0x1885));  // a letter until Unicode 9
  CHECK(is_punctuation(U'$'));
  CHECK(is_punctuation(U'。'));
  CHECK_FALSE(is_punctuation(U'€'));
  CHECK(is_word_character(U'ß'));
  CHECK(is_word_character(U'_'));
  CHECK(is_word_character(0x200D));
  CHECK_FALSE(is_word_character(U'-'));
}

TEST_CASE("decompositions are full and canonical", "[unicode]") {
  CHECK(decomposed(U'a') == U"a");
  CHECK(decomposed(U'ṩ') == U"s\u0323\u0307");
  CHECK(decomposed(0x0344) == U"\u0308\u0301");
  CHECK(decomposed(U'힣') == U"\u1112\u1175\u11c2");
  CHECK(decomposed(U'가') == U"\u1100\u1161");
  CHECK(decomposed(0x2F800) == U"丽");
  CHECK(decomposed(0x1D15E) == U"\U0001D157\U0001D165");
  CHECK(decomposed(U'ﬁ') == U"ﬁ");
  CHECK(combining_class(0x0323) == 220);
  CHECK(combining_class(U'a') == 0);
}

TEST_CASE("lower case knows no context", "[unicode]") {
  CHECK(lowered(U'A') == U"a");
  CHECK(lowered(U'İ') == U"i\u0307");
  CHECK(lowered(U'Σ') == U"σ");
  CHECK(lowered(U'ǅ') == U"ǆ");
  CHECK(lowered(U'Ā') == U"ā");
  CHECK(lowered(U'ā') == U"ā");
  CHECK(lowered(U'ẞ') == U"ß");
  CHECK(lowered(0x10400) == std::u32string(1, 0x10428));
  CHECK(lowered(0xA7DC) == std::u32string(1, 0x19B));
  CHECK(lowered(0x10FFFF) == std::u32string(1, 0x10FFFF));
}

TEST_CASE("the tables say of every character what is said of ASCII without them", "[unicode]") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const uint8_t flags = unicode_tables::record_of(c).flags;
    const bool same = is_control(c) == ((flags & unicode_tables::kControl) != 0) &&
                      is_white_space(c) == ((flags & unicode_tables::kSpace) != 0) &&
                      is_punctuation(c) == ((flags & unicode_tables::kPunctuation) != 0);
    if (same) continue;
    CAPTURE(static_cast<uint32_t>(c));
    FAIL("different properties");
  }
}

TEST_CASE("every code point survives UTF-8 and back, surrogates excepted", "[unicode]") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const std::string bytes = to_utf8(std::u32string(1, c));
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    const std::u32string back = to_utf32(bytes);
    if (back != std::u32string(surrogate ? 3 : 1, surrogate ? kReplacement : c)) {
      CAPTURE(static_cast<uint32_t>(c));
      FAIL("wrong round trip");
    }
  }
}

TEST_CASE("UTF-16 offsets count surrogate pairs as two", "[unicode]") {
  CHECK(utf16_offsets("a\xC3\xA9\xF0\x9F\x91\xA9z") ==
        std::vector<uint32_t>{0, 1, 1, 2, 2, 2, 2, 4, 5});
}

}  // namespace dragoman
