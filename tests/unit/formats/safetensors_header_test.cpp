// What a header must be, and that each refusal says what is wrong with what.
#include "formats/safetensors_header.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/error.hpp"

namespace dragoman {
namespace {

std::string header_error(const std::string& json) {
  try {
    read_safetensors_header(json, "w.safetensors");
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "";
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

void check_refused(const std::string& json, const std::string& reason) {
  INFO(json.substr(0, 200));
  const std::string message = header_error(json);
  INFO(message);
  CHECK(message.starts_with("model-format: w.safetensors"));
  CHECK(message.find(reason) != std::string::npos);
}

}  // namespace

TEST_CASE("Entries come in the order of their bytes", "[formats][safetensors]") {
  const std::string json = "{\"__metadata__\":{\"format\":\"pt\"}," +
                           entry("b", "\"F16\"", "[2,3]", "[8,20]") + "," +
                           entry("empty", "\"F32\"", "[0,7]", "[8,8]") + "," +
                           entry("a", "\"I64\"", "[]", "[0,8]") + "}   ";
  const auto entries = read_safetensors_header(json, "w.safetensors");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "a");
  CHECK(entries[0].shape.empty());
  CHECK(entries[1].name == "empty");
  CHECK(entries[2].name == "b");
  CHECK(entries[2].shape == std::vector<int64_t>{2, 3});
  CHECK(entries[2].type->name == "F16");
  CHECK(entries[2].begin == 8);
  CHECK(entries[2].end == 20);
}

TEST_CASE("A header without tensors is a header", "[formats][safetensors]") {
  CHECK(read_safetensors_header("{}", "w.safetensors").empty());
  CHECK(read_safetensors_header("{\"__metadata__\":null}  ", "w.safetensors").empty());
}

TEST_CASE("Members that later versions may add are tolerated", "[formats][safetensors]") {
  CHECK(header_error(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2],"new":{}}})").empty());
}

TEST_CASE("Headers that are no JSON objects are refused", "[formats][safetensors]") {
  check_refused("", "no JSON object");
  check_refused(" {}", "no JSON object");
  check_refused("[]", "no JSON object");
  check_refused("{\"a\"", "not valid JSON");
  check_refused("{}x", "not valid JSON");
  check_refused("{\"\xFF\":1}", "not valid JSON");
  check_refused("{\"a\":" + std::string(300, '[') + std::string(300, ']') + "}", "nests deeper");
  check_refused("{\"a\":" + std::string(5'000'000, '['), "nests deeper");
}

TEST_CASE("Metadata is an object of strings", "[formats][safetensors]") {
  check_refused("{\"__metadata__\":[]}", "\"__metadata__\" is no object of strings");
  check_refused("{\"__metadata__\":{\"a\":1}}", "\"__metadata__\" is no object of strings");
}

TEST_CASE("Entries that lack something are refused", "[formats][safetensors]") {
  check_refused("{\"a\":1}", "tensor \"a\" is not described by an object");
  check_refused("{\"a\":{}}", "tensor \"a\" has no dtype");
  check_refused(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", "tensor \"a\" has no shape");
  check_refused(R"({"a":{"dtype":"F32","shape":[1]}})", "tensor \"a\" has no data_offsets");
  check_refused(R"({"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}})", "has no dtype");
}

TEST_CASE("Entries of wrong types are refused", "[formats][safetensors]") {
  check_refused("{" + entry("a", "5", "[1]", "[0,4]") + "}", "dtype that is no string");
  check_refused("{" + entry("a", "\"F31\"", "[1]", "[0,4]") + "}", "unknown dtype \"F31\"");
  check_refused("{" + entry("a", "\"F32\"", "1", "[0,4]") + "}", "shape that is no array");
  check_refused("{" + entry("a", "\"F32\"", "[-1]", "[0,4]") + "}", "in its shape that is no size");
  check_refused("{" + entry("a", "\"F32\"", "[1.5]", "[0,4]") + "}", "that is no size");
  check_refused("{" + entry("a", "\"F32\"", "[\"1\"]", "[0,4]") + "}", "that is no size");
  check_refused("{" + entry("a", "\"F32\"", "[1]", "[0]") + "}", "no pair of data_offsets");
  check_refused("{" + entry("a", "\"F32\"", "[1]", "[0,4,8]") + "}", "no pair of data_offsets");
  check_refused("{" + entry("a", "\"F32\"", "[1]", "[0,-4]") + "}", "data_offsets that is no size");
  check_refused("{" + entry("a", "\"F32\"", "[1]", "[4,0]") + "}", "run backwards");
  check_refused("{" + entry("a", "\"F32\"", "[1]", "[0,18446744073709551615]") + "}",
                "data_offsets that is no size");
}

TEST_CASE("Bytes must be those of shape and type", "[formats][safetensors]") {
  check_refused("{" + entry("a", "\"F32\"", "[2,3]", "[0,20]") + "}",
                "of F32 and shape [2, 3] needs 24 bytes, its data_offsets give it 20");
  check_refused("{" + entry("a", "\"F4\"", "[3]", "[0,2]") + "}", "ends within a byte");
  const std::string huge = "9223372036854775807";
  check_refused("{" + entry("a", "\"F32\"", "[" + huge + "," + huge + "]", "[0,4]") + "}",
                "too large for any file");
  // Overflow is found although a factor of zero would hide it.
  check_refused("{" + entry("a", "\"F32\"", "[" + huge + ",4,0]", "[0,0]") + "}",
                "too large for any file");
  check_refused("{" + entry("a", "\"I8\"", "[4294967296,4294967296,0]", "[0,0]") + "}",
                "too large for any file");
}

TEST_CASE("Tensors follow one another without gap or overlap", "[formats][safetensors]") {
  const std::string a = entry("a", "\"F32\"", "[2]", "[0,8]");
  check_refused("{" + a + "," + entry("b", "\"F32\"", "[1]", "[4,8]") + "}",
                "tensor \"b\" begins at byte 4 of the data, within another that ends at 8");
  check_refused("{" + a + "," + entry("b", "\"F32\"", "[1]", "[12,16]") + "}",
                "tensor \"b\" begins at byte 12 of the data, after a gap that begins at 8");
  check_refused("{" + entry("a", "\"F32\"", "[2]", "[4,12]") + "}", "after a gap that begins at 0");
  check_refused("{" + a + "," + entry("b", "\"F32\"", "[2]", "[0,8]") + "}", "within another");
  check_refused("{" + a + "," + entry("b", "\"F32\"", "[0]", "[4,4]") + "}", "within another");
}

TEST_CASE("A name occurs once", "[formats][safetensors]") {
  check_refused(
      "{" + entry("a", "\"I8\"", "[1]", "[0,1]") + "," + entry("a", "\"I8\"", "[1]", "[1,2]") + "}",
      "tensor \"a\" occurs twice");
  check_refused("{\"__metadata__\":{},\"__metadata__\":{}}", "occurs twice");
  check_refused(R"({"a":{"dtype":"I8","shape":[1],"shape":[1],"data_offsets":[0,1]}})",
                "two members \"shape\"");
}

}  // namespace dragoman
