// The head of GGUF files: every claim that does not hold is refused with its value.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>
#include <limits>

#include "formats/gguf.hpp"
#include "unit/errors.hpp"
#include "unit/formats/safetensors_file.hpp"

namespace dragoman::test {
namespace {

using Catch::Matchers::ContainsSubstring;

// Writes a file field by field.
class GgufFile {
 public:
  template <typename T>
  GgufFile& number(T value) {
    head_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  GgufFile& text(const std::string& value) {
    number(uint64_t{value.size()});
    head_ += value;
    return *this;
  }
  GgufFile& begin(uint64_t tensors, uint64_t keys, uint32_t version = 3) {
    head_ += "GGUF";
    return number(version).number(tensors).number(keys);
  }
  GgufFile& key(const std::string& name, uint32_t kind) { return text(name).number(kind); }
  GgufFile& tensor(const std::string& name, std::vector<uint64_t> sizes, uint32_t type,
                   uint64_t offset) {
    text(name).number(static_cast<uint32_t>(sizes.size()));
    for (const uint64_t size : sizes) number(size);
    return number(type).number(offset);
  }
  std::string bytes(const std::string& data = "") const {
    return head_ + std::string((32 - head_.size() % 32) % 32, '\0') + data;
  }

 private:
  std::string head_;
};

std::string refusal(const std::string& bytes, bool known_size = true) {
  return error_of([&] {
    RecordingModel model;
    model.add("a.weight", {2, 32});
    model.add("b.weight", {3});
    model.table.ignore("ignored");
    GgufReader reader("w.gguf", known_size ? bytes.size() : 0,
                      [&](const GgufHeader&) -> SlotTable& { return model.table; });
    feed_pieces(reader, bytes, 50);
  });
}

std::string one_tensor(const std::string& name, std::vector<uint64_t> sizes, uint32_t type,
                       uint64_t offset, size_t data) {
  GgufFile file;
  file.begin(1, 0).tensor(name, std::move(sizes), type, offset);
  return file.bytes(std::string(data, '\0'));
}

}  // namespace

TEST_CASE("Rows of a GGUF file go to their slots, padding and ignored ones do not",
          "[formats][gguf]") {
  GgufFile file;
  file.begin(3, 2).key("general.alignment", 4).number(uint32_t{32});
  file.key("x", 9).number(uint32_t{8}).number(uint64_t{2}).text("one").text("two");
  file.tensor("b.weight", {3}, 0, 0);
  file.tensor("ignored", {5}, 24, 32);
  file.tensor("a.weight", {32, 2}, 8, 64);
  std::string block(34, '\0');
  const uint16_t half = 0x3800;  // 0.5
  std::memcpy(block.data(), &half, 2);
  for (size_t i = 0; i < 32; ++i) block[2 + i] = static_cast<char>(i);
  std::string data = bytes_of(std::vector<float>{1, 2, 3});
  data.resize(32);
  data += std::string(32, '\7') + block + block;
  const std::string bytes = file.bytes(data);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{10000}}) {
    RecordingModel model;
    RecordingSlot& a = model.add("a.weight", {2, 32});
    RecordingSlot& b = model.add("b.weight", {3});
    model.table.ignore("ignored");
    GgufReader reader("w.gguf", bytes.size(), [&](const GgufHeader& header) -> SlotTable& {
      CHECK(header.count("x") == 2);
      header.each_text(
          "x", [](size_t i, std::string_view text) { CHECK(text == (i == 0 ? "one" : "two")); });
      return model.table;
    });
    feed_pieces(reader, bytes, piece);
    CHECK(b.floats.at(0) == std::vector<float>{1, 2, 3});
    CHECK(a.floats.at(1)[31] == 15.5F);
    CHECK(model.table.filled("a.weight"));
    CHECK(reader.head_bytes() == bytes.size() - data.size());
  }
}

TEST_CASE("What a GGUF file claims is checked", "[formats][gguf]") {
  CHECK_THAT(refusal("GGML" + std::string(30, '\0')), ContainsSubstring("is no GGUF file"));
  CHECK_THAT(refusal(GgufFile().begin(0, 0, 1).bytes()), ContainsSubstring("version 1"));
  CHECK_THAT(refusal(GgufFile().begin(0, 0, 0x03000000).bytes()), ContainsSubstring("big-endian"));
  CHECK_THAT(refusal(GgufFile().begin(uint64_t{1} << 60, 0).bytes()),
             ContainsSubstring("claims 1152921504606846976 tensors"));
  CHECK_THAT(refusal(GgufFile().begin(0, 1).number(uint64_t{1} << 40).bytes()),
             ContainsSubstring("a key of 1099511627776 bytes"));
  CHECK_THAT(refusal(GgufFile().begin(0, 1).key("k", 13).bytes()),
             ContainsSubstring("\"k\" has a value of the unknown kind 13"));
  CHECK_THAT(refusal(GgufFile().begin(0, 1).key("k", 9).number(uint32_t{9}).bytes()),
             ContainsSubstring("array of arrays"));
  GgufFile many;
  many.begin(0, 1).key("k", 9).number(uint32_t{0}).number(~uint64_t{0});
  CHECK_THAT(refusal(many.bytes()), ContainsSubstring("claims 18446744073709551615 elements"));
  GgufFile twice;
  twice.begin(0, 2).key("k", 7).number(uint8_t{1}).key("k", 7).number(uint8_t{1});
  CHECK_THAT(refusal(twice.bytes()), ContainsSubstring("\"k\" is there twice"));
  GgufFile odd;
  odd.begin(0, 1).key("general.alignment", 4).number(uint32_t{24});
  CHECK_THAT(refusal(odd.bytes()), ContainsSubstring("general.alignment is 24"));
  CHECK_THAT(refusal(GgufFile().begin(0, 5).bytes(), false),
             ContainsSubstring("ends within its head"));
}

TEST_CASE("Tensors of a GGUF file that do not fit are refused", "[formats][gguf]") {
  CHECK_THAT(refusal(one_tensor("a.weight", {32, 2}, 99, 0, 64)),
             ContainsSubstring("unknown type 99"));
  CHECK_THAT(
      refusal(one_tensor("a.weight", {32, 2}, 20, 0, 36)),
      ContainsSubstring("unsupported-model: w.gguf: tensor \"a.weight\" is stored as IQ4_NL"));
  CHECK_THAT(refusal(one_tensor("a.weight", {33, 2}, 2, 0, 36)),
             ContainsSubstring("rows of 33 elements"));
  CHECK_THAT(refusal(one_tensor("a.weight", {2, 32}, 0, 0, 256)),
             ContainsSubstring("has the shape [32, 2]; the model expects [2, 32]"));
  CHECK_THAT(refusal(one_tensor("c.weight", {3}, 0, 0, 12)), ContainsSubstring("unknown to the"));
  CHECK_THAT(refusal(one_tensor("b.weight", {3}, 0, 32, 44)),
             ContainsSubstring("begins at byte 32"));
  CHECK_THAT(refusal(one_tensor("b.weight", {3}, 0, ~uint64_t{0}, 12)),
             ContainsSubstring("beyond any file"));
  CHECK_THAT(refusal(one_tensor("b.weight", {uint64_t{1} << 62}, 0, 0, 12)),
             ContainsSubstring("a dimension of 4611686018427387904"));
  CHECK_THAT(refusal(one_tensor("b.weight", {0}, 0, 0, 12)), ContainsSubstring("dimension of 0"));
  CHECK_THAT(refusal(one_tensor("b.weight", {3, 1, 1, 1, 1}, 0, 0, 12)),
             ContainsSubstring("has 5 dimensions"));
  CHECK_THAT(refusal(one_tensor("b.weight", {3}, 0, 0, 8)),
             ContainsSubstring("its head describes"));
  CHECK_THAT(refusal(one_tensor("b.weight", {3}, 0, 0, 100)),
             ContainsSubstring("its head describes"));
  CHECK_THAT(refusal(one_tensor("b.weight", {3}, 0, 0, 8), false), ContainsSubstring("is cut off"));
  GgufFile overlap;
  overlap.begin(2, 0).tensor("b.weight", {3}, 0, 0).tensor("a.weight", {32, 2}, 0, 0);
  CHECK_THAT(refusal(overlap.bytes(std::string(256, '\0'))), ContainsSubstring("32 is expected"));
  const float infinite = std::numeric_limits<float>::infinity();
  GgufFile bad;
  bad.begin(1, 0).tensor("b.weight", {3}, 0, 0);
  CHECK_THAT(refusal(bad.bytes(bytes_of(std::vector<float>{1, infinite, 1}))),
             ContainsSubstring("tensor \"b.weight\", row 0: A value is not finite"));
}

}  // namespace dragoman::test
