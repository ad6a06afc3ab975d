// Damaged weight files: whatever the damage, the reader ends with a result or a typed error.
//
// The same generator runs everywhere and its seed is printed on failure, so a finding repeats.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "unit/formats/safetensors_file.hpp"

namespace dragoman::test {
namespace {

struct FuzzModel : RecordingModel {
  FuzzModel() {
    add("a.weight", {4, 5});
    add("a.bias", {4});
    add("b.weight", {3, 4});
    table.add("tied.weight", slots[0].get());
    table.ignore("ids");
  }
};

std::string healthy_file() {
  SafetensorsFile file;
  file.add("a.bias", "BF16", {4}, std::string(8, '\1'));
  file.add("a.weight", "I8", {4, 5}, std::string(20, '\5'));
  file.add("a.weight_scale", "F16", {4, 1}, std::string(8, '\1'));
  file.add("a.weight_zero_point", "I8", {4, 1}, std::string(4, '\0'));
  file.add("ids", "I64", {1, 3}, std::string(24, '\2'));
  file.add("b.weight", {3, 4}, std::vector<float>(12, 0.5F));
  file.add("tied.weight", "I8", {4, 5}, std::string(20, '\5'));
  file.add("tied.weight_scale", "F16", {4, 1}, std::string(8, '\1'));
  return file.bytes();
}

// Anything but a typed error of the file ends the test; the message must name the file.
bool is_sound(const std::string& message) {
  return message.empty() || message.starts_with("model-format: w.safetensors");
}

}  // namespace

TEST_CASE("Every prefix of a weight file is refused", "[formats][fuzz]") {
  const std::string bytes = healthy_file();
  FuzzModel whole;
  REQUIRE(load_error(whole, bytes).empty());
  for (size_t length = 0; length < bytes.size(); ++length) {
    for (const bool known_size : {true, false}) {
      FuzzModel model;
      const std::string message = load_error(model, bytes.substr(0, length), 17, known_size);
      if (message.empty() || !is_sound(message)) FAIL("prefix " << length << ": " << message);
    }
  }
}

TEST_CASE("Flipped bits of a weight file do no harm", "[formats][fuzz]") {
  const std::string bytes = healthy_file();
  for (size_t place = 0; place < bytes.size() * 8; ++place) {
    std::string damaged = bytes;
    damaged[place / 8] = static_cast<char>(damaged[place / 8] ^ (1 << place % 8));
    FuzzModel model;
    const std::string message = load_error(model, damaged, 64, place % 2 == 0);
    if (!is_sound(message)) FAIL("bit " << place << ": " << message);
  }
}

TEST_CASE("Headers of random pieces do no harm", "[formats][fuzz]") {
  constexpr uint32_t kSeed = 20261124;
  std::mt19937 random(kSeed);
  const std::vector<std::string> pieces = {
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "\"",
      "0",
      "1",
      "4",
      "20",
      "-1",
      "1e9",
      "9223372036854775807",
      "18446744073709551616",
      "null",
      "true",
      "NaN",
      "\"a.weight\"",
      "\"b.weight\"",
      "\"dtype\"",
      "\"shape\"",
      "\"data_offsets\"",
      "\"F32\"",
      "\"I8\"",
      "\"__metadata__\"",
      " ",
      "\\u0000",
      "\xC3",
      "\"a.weight\":{\"dtype\":\"I8\",\"shape\":[4,5],\"data_offsets\":[0,20]}",
      "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[0,48]}"};
  for (int round = 0; round < 20000; ++round) {
    std::string header = "{";
    const auto count = random() % 24;
    for (unsigned long i = 0; i < count; ++i) header += pieces[random() % pieces.size()];
    if (random() % 2 == 0) header += "}";
    FuzzModel model;
    const std::string file = file_of(header, std::string(random() % 64, '\1'));
    const std::string message = load_error(model, file, 33, random() % 2 == 0);
    if (!is_sound(message)) FAIL("seed " << kSeed << " round " << round << ": " << message);
  }
}

TEST_CASE("Spliced headers do no harm", "[formats][fuzz]") {
  constexpr uint32_t kSeed = 4711;
  std::mt19937 random(kSeed);
  const std::string healthy = healthy_file();
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, healthy.data(), sizeof header_bytes);
  const auto data_begin = 8 + static_cast<size_t>(header_bytes);
  const std::string header = healthy.substr(8, data_begin - 8);
  const std::string data = healthy.substr(data_begin);
  for (int round = 0; round < 20000; ++round) {
    std::string spliced = header;
    // Cuts a random stretch out and puts it elsewhere: duplicates, overlaps, swapped numbers.
    const size_t from = random() % spliced.size();
    const std::string stretch = spliced.substr(from, 1 + random() % 40);
    if (random() % 2 == 0) spliced.erase(from, stretch.size());
    spliced.insert(random() % (spliced.size() + 1), stretch);
    FuzzModel model;
    const std::string message = load_error(model, file_of(spliced, data), 50, random() % 2 == 0);
    if (!is_sound(message)) FAIL("seed " << kSeed << " round " << round << ": " << message);
  }
}

}  // namespace dragoman::test
