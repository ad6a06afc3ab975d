// Reading weight files: every type, every way of cutting the bytes, every refusal.
#include "formats/safetensors.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "unit/formats/safetensors_file.hpp"

namespace dragoman::test {
namespace {

const std::vector<float> kSix = {1.0F, -2.5F, 3.25F, 0.0F, 1e-30F, -7.0F};
const std::vector<int8_t> kSixBytes = {1, -2, 3, -128, 127, 0};

// One matrix "m.weight" [2, 3] and one vector "m.bias" [3].
struct SmallModel : RecordingModel {
  RecordingSlot& weight = add("m.weight", {2, 3});
  RecordingSlot& bias = add("m.bias", {3});
};

SafetensorsFile small_file() {
  SafetensorsFile file;
  file.add("m.bias", {3}, {0.5F, 1.5F, 2.5F}).add("m.weight", {2, 3}, kSix);
  return file;
}

SafetensorsFile int8_file(const std::string& scale_dtype, const std::vector<int64_t>& scale_shape,
                          const std::string& scales) {
  SafetensorsFile file;
  file.add("m.weight", "I8", {2, 3}, bytes_of(kSixBytes));
  file.add("m.weight_scale", scale_dtype, scale_shape, scales);
  return file;
}

void check_refused(const std::string& bytes, const std::string& reason) {
  for (const bool known_size : {true, false}) {
    SmallModel model;
    const std::string message = load_error(model, bytes, 5, known_size);
    INFO(message);
    CHECK(message.starts_with("model-format: w.safetensors"));
    CHECK(message.find(reason) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("Rows arrive whole whatever the pieces are", "[formats][safetensors]") {
  const std::string bytes = small_file().bytes();
  for (const size_t piece :
       {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{11}, size_t{64}, size_t{100000}}) {
    for (const bool known_size : {true, false}) {
      SmallModel model;
      load(model, bytes, piece, known_size);
      CHECK(model.weight.floats[0] == std::vector<float>{1.0F, -2.5F, 3.25F});
      CHECK(model.weight.floats[1] == std::vector<float>{0.0F, 1e-30F, -7.0F});
      CHECK(model.bias.floats[0] == std::vector<float>{0.5F, 1.5F, 2.5F});
      CHECK(model.table.filled("m.weight"));
      CHECK(model.table.filled("m.bias"));
    }
  }
}

TEST_CASE("Half-precision weights become floats", "[formats][safetensors]") {
  SmallModel model;
  SafetensorsFile file;
  file.add("m.weight", "F16", {2, 3},
           bytes_of<uint16_t>({0x3C00, 0xC100, 0x0001, 0x7BFF, 0x8000, 0x03FF}));
  file.add("m.bias", "BF16", {3}, bytes_of<uint16_t>({0x3F80, 0xC020, 0x0080}));
  load(model, file.bytes(), 3);
  CHECK(model.weight.floats[0] == std::vector<float>{1.0F, -2.5F, 0x1p-24F});
  CHECK(model.weight.floats[1] == std::vector<float>{65504.0F, -0.0F, 1023 * 0x1p-24F});
  CHECK(model.bias.floats[0] == std::vector<float>{1.0F, -2.5F, 0x1p-126F});
}

TEST_CASE("Int8 weights come with their scales, in any order", "[formats][safetensors]") {
  const std::vector<float> scales = {0.5F, 2.0F};
  SafetensorsFile before;
  before.add("m.weight_scale", {2, 1}, scales);
  before.add("m.weight", "I8", {2, 3}, bytes_of(kSixBytes));
  for (const std::string& bytes :
       {before.bytes(), int8_file("F32", {2, 1}, bytes_of(scales)).bytes(),
        int8_file("F32", {2}, bytes_of(scales)).bytes()}) {
    SmallModel model;
    load(model, bytes, 1);
    CHECK(model.weight.int8s[0] == std::vector<int8_t>{1, -2, 3});
    CHECK(model.weight.int8s[1] == std::vector<int8_t>{-128, 127, 0});
    CHECK(model.weight.scales == scales);
    CHECK(model.weight.floats.empty());
    CHECK(model.table.filled("m.weight"));
  }
}

TEST_CASE("Scales may be halves, and one for all", "[formats][safetensors]") {
  for (const auto& shape : {std::vector<int64_t>{1}, {1, 1}, {}}) {
    SmallModel model;
    load(model, int8_file("BF16", shape, bytes_of<uint16_t>({0x3F00})).bytes());
    CHECK(model.weight.scales == std::vector<float>{0.5F});
  }
  SmallModel model;
  load(model, int8_file("F16", {2}, bytes_of<uint16_t>({0x3800, 0x0001})).bytes());
  CHECK(model.weight.scales == std::vector<float>{0.5F, 0x1p-24F});
}

TEST_CASE("What compressed-tensors writes beside the scale is checked", "[formats][safetensors]") {
  const std::string scales = bytes_of<float>({0.5F, 2.0F});
  SafetensorsFile file = int8_file("F32", {2, 1}, scales);
  file.add("m.weight_zero_point", "I8", {2, 1}, std::string(2, '\0'));
  file.add("m.weight_shape", "I64", {2}, bytes_of<int64_t>({2, 3}));
  SmallModel model;
  load(model, file.bytes(), 1);
  CHECK(model.table.filled("m.weight"));

  file = int8_file("F32", {2, 1}, scales);
  file.add("m.weight_zero_point", "I8", {2, 1}, std::string("\0\1", 2));
  check_refused(file.bytes(), "\"m.weight_zero_point\" is not zero");
  file = int8_file("F32", {2, 1}, scales);
  file.add("m.weight_shape", "I32", {2}, bytes_of<int32_t>({3, 2}));
  check_refused(file.bytes(), "\"m.weight_shape\" contradicts the shape [2, 3] of \"m.weight\"");
  file = int8_file("F32", {2, 1}, scales);
  file.add("m.weight_shape", "F32", {2}, bytes_of<float>({2, 3}));
  check_refused(file.bytes(), "\"m.weight_shape\" is no pair of sizes");
}

TEST_CASE("Scales that do not fit are refused", "[formats][safetensors]") {
  check_refused(int8_file("F32", {3}, bytes_of<float>({1, 1, 1})).bytes(),
                "\"m.weight_scale\" has the shape [3]; one value per row of [2, 3]");
  check_refused(int8_file("F32", {1, 2}, bytes_of<float>({1, 1})).bytes(), "has the shape [1, 2]");
  check_refused(int8_file("I32", {2}, bytes_of<int32_t>({1, 1})).bytes(), "is stored as I32");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  check_refused(int8_file("F32", {2}, bytes_of<float>({1, nan})).bytes(),
                "\"m.weight_scale\" holds nan at row 1");
  check_refused(int8_file("F32", {2}, bytes_of<float>({-1, 1})).bytes(), "at row 0");
}

TEST_CASE("Int8 without a scale, and a scale without int8, are refused", "[formats][safetensors]") {
  SafetensorsFile bare;
  bare.add("m.weight", "I8", {2, 3}, bytes_of(kSixBytes));
  check_refused(bare.bytes(),
                "\"m.weight\" is stored as I8, but the file has no \"m.weight_scale\"");
  SafetensorsFile alone;
  alone.add("m.weight_scale", {2}, {1, 1});
  check_refused(alone.bytes(), "\"m.weight_scale\" stands without its \"m.weight\"");
  SafetensorsFile floats = small_file();
  floats.add("m.weight_scale", {2}, {1, 1});
  check_refused(floats.bytes(), "but \"m.weight\" is stored as F32");
}

TEST_CASE("Types that are no weights are refused", "[formats][safetensors]") {
  SafetensorsFile vector;
  vector.add("m.bias", "I8", {3}, std::string(3, '\1'));
  check_refused(vector.bytes(), "\"m.bias\" is a vector stored as I8");
  for (const auto& [dtype, bytes] :
       {std::pair<std::string, size_t>{"I64", 48}, {"F64", 48}, {"F8_E4M3", 6}, {"BOOL", 6}}) {
    SafetensorsFile file;
    file.add("m.weight", dtype, {2, 3}, std::string(bytes, '\0'));
    check_refused(file.bytes(), "\"m.weight\" is stored as " + dtype);
  }
}

TEST_CASE("A wrong shape is refused with both shapes", "[formats][safetensors]") {
  SafetensorsFile file;
  file.add("m.weight", {3, 2}, kSix);
  check_refused(file.bytes(), "\"m.weight\" has the shape [3, 2]; the model expects [2, 3]");
  SafetensorsFile flat;
  flat.add("m.weight", {6}, kSix);
  check_refused(flat.bytes(), "has the shape [6]; the model expects [2, 3]");
  SafetensorsFile empty;
  empty.add("m.weight", {0, 3}, {});
  check_refused(empty.bytes(), "has the shape [0, 3]");
}

TEST_CASE("Unknown tensors are refused, harmless ones skipped", "[formats][safetensors]") {
  SafetensorsFile file = small_file();
  file.add("extra.weight", {1}, {1});
  check_refused(file.bytes(), "tensor \"extra.weight\" is unknown to the model");
  SmallModel model;
  model.table.ignore("extra.weight");
  model.table.ignore("ids");
  file.add("ids", "I64", {2, 2}, std::string(32, '\7'));
  file.add("extra.weight_scale", {5}, {1, 2, 3, 4, 5});  // of a tensor that is ignored
  load(model, file.bytes(), 3);
  CHECK(model.table.filled("m.weight"));
}

TEST_CASE("A value that is not a number is named by file, tensor and row",
          "[formats][safetensors]") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> values = kSix;
    values[4] = bad;
    SafetensorsFile file;
    file.add("m.weight", {2, 3}, values);
    check_refused(file.bytes(), ": tensor \"m.weight\", row 1: A value is not finite.");
  }
}

TEST_CASE("Tied names fill one slot and must agree", "[formats][safetensors]") {
  std::vector<float> other = kSix;
  other[5] = 7.0F;
  for (const bool agree : {true, false}) {
    SmallModel model;
    model.table.add("tied.weight", &model.weight);
    SafetensorsFile file = small_file();
    file.add("tied.weight", {2, 3}, agree ? kSix : other);
    const std::string message = load_error(model, file.bytes(), 5);
    CHECK(model.weight.floats.size() == 2);
    if (agree) {
      CHECK(message.empty());
    } else {
      CHECK(message ==
            "model-format: w.safetensors: tensor \"tied.weight\" differs from \"m.weight\", to "
            "which the model ties it.");
    }
  }
}

TEST_CASE("Tied int8 names agree in their scales too", "[formats][safetensors]") {
  for (const float last : {2.0F, 3.0F}) {
    SmallModel model;
    model.table.add("tied.weight", &model.weight);
    SafetensorsFile file = int8_file("F32", {2}, bytes_of<float>({0.5F, 2.0F}));
    file.add("tied.weight", "I8", {2, 3}, bytes_of(kSixBytes));
    file.add("tied.weight_scale", {2}, {0.5F, last});
    const std::string message = load_error(model, file.bytes(), 5);
    INFO(message);
    CHECK(message.empty() == (last == 2.0F));
    CHECK(model.weight.scales == std::vector<float>{0.5F, 2.0F});
  }
}

TEST_CASE("A slot filled by one file is left alone by the next", "[formats][safetensors]") {
  SmallModel model;
  load(model, small_file().bytes());
  SafetensorsFile second;
  second.add("m.bias", {3}, {9, 9, 9});
  load(model, second.bytes());
  CHECK(model.bias.floats[0] == std::vector<float>{0.5F, 1.5F, 2.5F});
}

TEST_CASE("A header length that cannot be is refused at once", "[formats][safetensors]") {
  std::string bytes = file_of("{}", "");
  const auto with_length = [&](uint64_t length) {
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes;
  };
  check_refused(with_length(uint64_t{1} << 60), "claims a header of 1152921504606846976 bytes");
  check_refused(with_length(100'000'001), "claims a header of 100000001 bytes; at most");
  check_refused(with_length(UINT64_MAX), "claims a header of 18446744073709551615 bytes");
  check_refused(with_length(0), "has an empty header");
  SmallModel model;
  CHECK(load_error(model, with_length(3)) ==
        "model-format: w.safetensors claims a header of 3 bytes, but has only 10 bytes in all.");
  CHECK(load_error(model, with_length(3), 1, false) ==
        "model-format: w.safetensors ends within its header: 2 of 3 bytes.");
}

TEST_CASE("A file that is too long or too short is refused", "[formats][safetensors]") {
  const std::string bytes = small_file().bytes();
  SmallModel model;
  CHECK(load_error(model, bytes + "x").find(" bytes; its header describes ") != std::string::npos);
  CHECK(load_error(model, bytes.substr(0, bytes.size() - 1)).find("its header describes ") !=
        std::string::npos);
  SmallModel unknown_size;
  CHECK(load_error(unknown_size, bytes + "x", 64, false)
            .find("1 or more bytes after its last tensor") != std::string::npos);
  SmallModel short_file;
  CHECK(load_error(short_file, bytes.substr(0, bytes.size() - 1), 64, false) ==
        "model-format: w.safetensors: tensor \"m.weight\" is cut off after 23 of 24 bytes.");
}

TEST_CASE("A file without tensors is a file", "[formats][safetensors]") {
  SmallModel model;
  CHECK(load_error(model, file_of("{}", "")).empty());
  CHECK(load_error(model, "") ==
        "model-format: w.safetensors ends within its header: 0 of 8 bytes.");
}

}  // namespace dragoman::test
