// Damaged torch checkpoints: whatever the damage, the reader ends with a result or a typed error.
//
// The same generator runs everywhere and its seed is printed on failure, so a finding repeats.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "unit/formats/torch_file.hpp"

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

TorchFile healthy_file() {
  TorchFile file;
  file.add("a.bias", {4}, std::string(8, '\1'), "BFloat16Storage", 2);
  file.add("a.weight", {4, 5}, std::vector<float>(20, 0.25F));
  file.view("tied.weight", 1, 0, {4, 5}, {5, 1});
  file.add("ids", {1, 3}, std::string(24, '\2'), "LongStorage", 8);
  const size_t odd = file.storage("FloatStorage", bytes_of(std::vector<float>(14, 0.5F)));
  file.view("b.weight", odd, 2, {3, 4}, {1, 3});
  return file;
}

// Anything but a typed error of the file ends the test; the message must name the file.
bool is_sound(const std::string& message) {
  return message.empty() || message.starts_with("model-format: w.bin");
}

std::vector<std::string> healthy_files() {
  const TorchFile file = healthy_file();
  return {file.zip(), file.zip(false), file.legacy()};
}

std::vector<std::string> pickle_pieces() {
  const std::string persistent =
      tuple({text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), integer(12), "N"});
  return {
      "(",
      ")",
      "]",
      "}",
      "t",
      "\x85",
      "\x86",
      "\x87",
      "a",
      "e",
      "s",
      "u",
      "b",
      "R",
      "Q",
      ".",
      "N",
      "\x88",
      "\x89",
      std::string("q\0", 2),
      "q\1",
      std::string("h\0", 2),
      "h\1",
      "\x94",
      "\x93",
      "\x80\x02",
      integer(3),
      integer(4),
      integer(-1),
      "M\xff\xff",
      "K\4",
      std::string("\x8a\0", 2),
      "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
      text("a.weight"),
      text("b.weight"),
      text("storage"),
      text("torch"),
      "\x8c\1x",
      "ccollections\nOrderedDict\n",
      "ctorch._utils\n_rebuild_tensor_v2\n",
      "ctorch._utils\n_rebuild_parameter\n",
      "ctorch\nFloatStorage\n",
      persistent,
      persistent + "Q",
      integers({3, 4}),
      integers({4, 1}),
      "ctorch._utils\n_rebuild_tensor_v2\n" +
          tuple({persistent + "Q", integer(0), integers({3, 4}), integers({4, 1}), "\x89", ")"}) +
          "R"};
}

}  // namespace

TEST_CASE("Every prefix of a checkpoint is refused", "[formats][fuzz][torch]") {
  for (const std::string& bytes : healthy_files()) {
    FuzzModel whole;
    REQUIRE(torch_error(whole, bytes) == "");
    for (size_t length = 0; length < bytes.size(); ++length) {
      for (const bool known_size : {true, false}) {
        FuzzModel model;
        const std::string message = torch_error(model, bytes.substr(0, length), 17, known_size);
        if (message.empty() || !is_sound(message)) FAIL("prefix " << length << ": " << message);
      }
    }
  }
}

TEST_CASE("Flipped bits of a checkpoint do no harm", "[formats][fuzz][torch]") {
  for (const std::string& bytes : healthy_files()) {
    for (size_t place = 0; place < bytes.size() * 8; place += 7) {
      std::string damaged = bytes;
      damaged[place / 8] = static_cast<char>(damaged[place / 8] ^ (1 << place % 8));
      FuzzModel model;
      const std::string message = torch_error(model, damaged, 64, place % 2 == 0);
      if (!is_sound(message)) FAIL("bit " << place << ": " << message);
    }
  }
}

TEST_CASE("Pickles of random pieces do no harm", "[formats][fuzz][torch]") {
  constexpr uint32_t kSeed = 20261125;
  std::mt19937 random(kSeed);
  const std::vector<std::string> pieces = pickle_pieces();
  for (int round = 0; round < 20000; ++round) {
    std::string body = random() % 2 == 0 ? "}" : "}" + text("b.weight");
    const auto count = random() % 24;
    for (unsigned long i = 0; i < count; ++i) body += pieces[random() % pieces.size()];
    if (random() % 2 == 0) body += "s";
    FuzzModel model;
    const std::string file = TorchFile::legacy_head() + pickle_of(body) + pickle_of("]");
    const std::string message = torch_error(model, file, 33, random() % 2 == 0);
    if (!is_sound(message)) FAIL("seed " << kSeed << " round " << round << ": " << message);
  }
}

TEST_CASE("Spliced checkpoints do no harm", "[formats][fuzz][torch]") {
  constexpr uint32_t kSeed = 815;
  std::mt19937 random(kSeed);
  const std::vector<std::string> files = healthy_files();
  for (int round = 0; round < 20000; ++round) {
    std::string spliced = files[random() % files.size()];
    // Cuts a random stretch out and puts it elsewhere: duplicates, swapped numbers and entries.
    const size_t from = random() % spliced.size();
    const std::string stretch = spliced.substr(from, 1 + random() % 60);
    if (random() % 2 == 0) spliced.erase(from, stretch.size());
    spliced.insert(random() % (spliced.size() + 1), stretch);
    FuzzModel model;
    const std::string message = torch_error(model, spliced, 50, random() % 2 == 0);
    if (!is_sound(message)) FAIL("seed " << kSeed << " round " << round << ": " << message);
  }
}

}  // namespace dragoman::test
