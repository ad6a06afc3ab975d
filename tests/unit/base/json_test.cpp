// JSON from strangers: checked access, and input that other parsers fall over.
#include "base/json.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>
#include <string>

#include "unit/errors.hpp"

namespace dragoman {
namespace {

using test::error_of;

struct Parsed {
  explicit Parsed(std::string_view text) : document(text, "f.json", ErrorCode::kTokenizerFormat) {}
  Json root() const { return document.root(); }
  JsonDocument document;
};

std::string parse_error(std::string_view text) {
  return error_of([&] { Parsed parsed(text); });
}

std::string nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') +
         std::string(static_cast<size_t>(depth), ']');
}

}  // namespace

TEST_CASE("Values are read with their types", "[base][json]") {
  const Parsed parsed(R"({"a":1,"b":-2.5,"c":"x","d":[true,null],"e":{},"f":3.0})");
  const Json root = parsed.root();
  CHECK(root.at("a").as_int() == 1);
  CHECK(root.at("a").is_integer());
  CHECK(root.at("b").as_double() == -2.5);
  CHECK_FALSE(root.at("b").is_integer());
  CHECK(root.at("c").as_string() == "x");
  CHECK(root.at("d").size() == 2);
  CHECK(root.at("d").at(size_t{0}).as_bool());
  CHECK(root.at("d").at(size_t{1}).is_null());
  CHECK(root.at("e").size() == 0);
  CHECK(root.at("f").as_int() == 3);
}

TEST_CASE("Members that are absent or null have defaults", "[base][json]") {
  const Parsed parsed(R"({"null":null,"n":7,"s":"t","b":true,"d":0.5})");
  const Json root = parsed.root();
  CHECK_FALSE(root.has("null"));
  CHECK_FALSE(root.has("absent"));
  CHECK(root.get_int("null", 5) == 5);
  CHECK(root.get_int("n", 5) == 7);
  CHECK(root.get_string("s", "u") == "t");
  CHECK(root.get_string("absent", "u") == "u");
  CHECK(root.get_bool("b", false));
  CHECK(root.get_double("d", 1.0) == 0.5);
  CHECK(error_of([&] { root.get_int("s", 1); }) ==
        "tokenizer-format: f.json: an integer is expected.");
}

TEST_CASE("Wrong types and absent members are errors of the file", "[base][json]") {
  const Parsed parsed(R"({"a":[1],"s":"x"})");
  const Json root = parsed.root();
  const std::vector<std::function<void()>> acts = {
      [&] { root.as_int(); },
      [&] { root.at("absent"); },
      [&] { root.at(size_t{0}); },
      [&] { root.at("a").at(size_t{1}); },
      [&] { root.at("a").at("key"); },
      [&] { root.at("a").as_string(); },
      [&] { root.at("s").as_bool(); },
      [&] { root.at("s").as_double(); },
      [&] { root.at("s").size(); },
      [&] { root.at("a").each_member([](std::string_view, Json) {}); },
  };
  for (const auto& act : acts) CHECK(error_of(act).starts_with("tokenizer-format: f.json: "));
  CHECK(error_of([&] { root.at("absent"); }) == "tokenizer-format: f.json: \"absent\" is missing.");
}

TEST_CASE("Integers keep all their bits", "[base][json]") {
  const Parsed parsed(
      "[9223372036854775807,-9223372036854775808,18446744073709551615,1e3,-0,9007199254740993]");
  const Json root = parsed.root();
  CHECK(root.at(size_t{0}).as_int() == INT64_MAX);
  CHECK(root.at(size_t{1}).as_int() == INT64_MIN);
  CHECK(root.at(size_t{2}).as_uint() == UINT64_MAX);
  CHECK(root.at(size_t{3}).as_int() == 1000);
  CHECK(root.at(size_t{4}).as_int() == 0);
  CHECK(root.at(size_t{5}).as_int() == 9007199254740993);
  CHECK(error_of([&] { root.at(size_t{2}).as_int(); }) != "");
  CHECK(error_of([&] { root.at(size_t{1}).as_uint(); }) != "");
}

TEST_CASE("Numbers that are no integers are not taken for any", "[base][json]") {
  const Parsed parsed("[1e300,0.5,1e18,NaN,-Infinity]");
  const Json root = parsed.root();
  for (size_t i = 0; i < root.size(); ++i) {
    INFO(i);
    CHECK(root.at(i).is_number());
    CHECK(error_of([&] { root.at(i).as_int(); }) != "");
  }
  CHECK(std::isnan(root.at(size_t{3}).as_double()));
  CHECK(std::isinf(root.at(size_t{4}).as_double()));
  CHECK(parse_error("[1e999]") != "");
}

TEST_CASE("Doubles are the nearest ones", "[base][json]") {
  const Parsed parsed("[0.1,2.2250738585072014e-308,1.7976931348623157e308,5e-324]");
  CHECK(parsed.root().at(size_t{0}).as_double() == 0.1);
  CHECK(parsed.root().at(size_t{1}).as_double() == 2.2250738585072014e-308);
  CHECK(parsed.root().at(size_t{2}).as_double() == 1.7976931348623157e308);
  CHECK(parsed.root().at(size_t{3}).as_double() == 5e-324);
}

TEST_CASE("Strings hold any character, NUL included", "[base][json]") {
  using namespace std::string_view_literals;
  const Parsed parsed(R"(["a\u0000b","\ud83d\ude00","é😀","\"\\\/\b\f\n\r\t"])");
  CHECK(parsed.root().at(size_t{0}).as_string() == "a\0b"sv);
  CHECK(parsed.root().at(size_t{1}).as_string() == "\xF0\x9F\x98\x80");
  CHECK(parsed.root().at(size_t{2}).as_string() == "é😀");
  CHECK(parsed.root().at(size_t{3}).as_string() == "\"\\/\b\f\n\r\t");
  const Parsed keys(R"({"a\u0000":1,"a":2})");
  CHECK(keys.root().at("a").as_int() == 2);
  CHECK(keys.root().at("a\0"sv).as_int() == 1);
}

TEST_CASE("Text that is no UTF-8 is refused", "[base][json]") {
  for (const char* text : {"[\"\xFF\"]", "[\"\xC3\"]", "[\"\xED\xA0\x80\"]",
                           "[\"\xF4\x90\x80\x80\"]", "[\"\xC0\xAF\"]", R"(["\ud800"])"}) {
    CHECK(parse_error(text).starts_with("tokenizer-format: f.json is not valid JSON at byte "));
  }
}

TEST_CASE("Deep nesting is refused, not followed", "[base][json]") {
  CHECK(parse_error(nested(256)).empty());
  CHECK(parse_error(nested(257)) == "tokenizer-format: f.json nests deeper than 256 levels.");
  CHECK(parse_error(nested(10'000'000)).find("nests deeper") != std::string::npos);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(parse_error(objects).find("nests deeper") != std::string::npos);
  // Brackets within strings nest nothing.
  CHECK(parse_error("[\"" + std::string(1000, '[') + "\\\"[\"]").empty());
}

TEST_CASE("Text that is not JSON is refused with the place", "[base][json]") {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "[1] x", "nul", "\"abc",
                           "[01]", "{\"a\" 1}", "[1 2]", "// c\n1"}) {
    INFO(text);
    CHECK(parse_error(text).starts_with("tokenizer-format: f.json is not valid JSON at byte "));
  }
  CHECK(parse_error("[1,2,x]").starts_with("tokenizer-format: f.json is not valid JSON at byte 5"));
}

TEST_CASE("Members come in the order of the file", "[base][json]") {
  const Parsed parsed(R"({"z":1,"a":2,"m":3})");
  std::string order;
  parsed.root().each_member([&](std::string_view key, Json) { order += key; });
  CHECK(order == "zam");
}

}  // namespace dragoman
