// Every stage of a tokenizer over hard text and ten thousand hostile strings, against checksums of
// what Python's tokenizers answered. Made by tests/golden/make_stages.py, which tells the format.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/utf.hpp"
#include "text/tokenizer.hpp"
#include "unit/text/tokenizer_files.hpp"

namespace dragoman {

namespace {

constexpr char32_t kBlocks[][2] = {
    {0x20, 0x7F},       {0x80, 0x250},      {0x250, 0x370},     {0x370, 0x590},
    {0x590, 0x700},     {0x900, 0xE00},     {0xE00, 0x1000},    {0x1000, 0x1200},
    {0x1780, 0x2000},   {0x2000, 0x2100},   {0x2100, 0x2C00},   {0x3000, 0x3400},
    {0x4E00, 0xA000},   {0xA000, 0xD7B0},   {0xF900, 0xFE00},   {0xFE00, 0x10000},
    {0x10000, 0x12000}, {0x16000, 0x17000}, {0x1D000, 0x1D800}, {0x1E000, 0x1F000},
    {0x1F000, 0x1FB00}, {0x20000, 0x30000}, {0xE0000, 0xE0200},
};
constexpr const char* kSeeds[] = {"  ",     "'s",     "'LL",   "\u017F", "\r\n",   "\n\n",
                                  "123",    "12345",  "don't", " ",      "\u2581", "\u0301",
                                  "\u200D", "ab",     "Ab",    "AB",     "\u4E2D", "\uFB01",
                                  "\u0344", "\u0F73", " <m> ", "mask",   "a b"};

class Generator {
 public:
  uint32_t below(size_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state_ >> 33) % limit);
  }

 private:
  uint64_t state_ = 20261128;
};

void add_hostile(std::vector<std::string>& lines, int count) {
  Generator random;
  for (; count > 0; --count) {
    std::string line;
    for (uint32_t parts = 1 + random.below(12); parts > 0; --parts) {
      if (random.below(10) < 4) {
        line += kSeeds[random.below(std::size(kSeeds))];
      } else {
        const auto& block = kBlocks[random.below(std::size(kBlocks))];
        append_utf8(line, block[0] + random.below(block[1] - block[0]));
      }
    }
    lines.push_back(line);
  }
}

class Checksum {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<uint8_t>(byte)) * 1099511628211u;
  }
  void number(uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) {
      const char byte = static_cast<char>(number >> shift & 0xFF);
      add({&byte, 1});
    }
  }
  std::string hex() const {
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value_ >> shift & 15];
    return out;
  }

 private:
  uint64_t value_ = 14695981039346656037u;
};

// The model of every case, which knows characters only.
std::string model_json(const Json& tokens) {
  JsonWriter writer;
  writer.begin_object();
  writer.key("type");
  writer.string("WordPiece");
  writer.key("unk_token");
  writer.string("[UNK]");
  writer.key("max_input_chars_per_word");
  writer.integer(1000000);
  writer.key("vocab");
  writer.begin_object();
  for (size_t i = 0; i < tokens.size(); ++i) {
    writer.key(std::string(tokens.at(i).as_string()));
    writer.integer(static_cast<long long>(i));
  }
  writer.end_object();
  writer.end_object();
  return writer.text();
}

}  // namespace

TEST_CASE("every stage agrees with the reference on ten thousand hostile strings",
          "[text][golden]") {
  const std::string file = golden_tokenizer_file("stages.json");
  const JsonDocument document(file, "stages.json", ErrorCode::kInternal);
  const Json root = document.root();
  std::vector<std::string> lines;
  const Json hard = root.at("lines");
  for (size_t i = 0; i < hard.size(); ++i) lines.emplace_back(hard.at(i).as_string());
  std::vector<std::string> hostile;
  add_hostile(hostile, 10000);
  const std::string model = model_json(root.at("tokens"));
  const Json cases = root.at("cases");
  REQUIRE(cases.size() > 50);
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json node = cases.at(i);
    CAPTURE(node.at("name").as_string());
    const std::string stages(node.at("stages").as_string());
    // `transformers` has its own say about the space before byte-level text.
    const bool prefixed = node.at("prefixed").as_bool();
    const auto tokenizer = load_tokenizer(
        {{"tokenizer.json", stages.substr(0, stages.size() - 1) + ",\"model\":" + model + "}"},
         {"tokenizer_config.json",
          std::string("{\"add_prefix_space\":") + (prefixed ? "true}" : "false}")}},
        "any");
    Checksum encoded;
    Checksum decoded;
    std::vector<std::string> texts = lines;
    for (size_t k = i % 4; k < hostile.size(); k += 4) texts.push_back(hostile[k]);
    for (const std::string& line : texts) {
      const Encoding encoding = tokenizer->encode(line);
      for (size_t k = 0; k < encoding.ids.size(); ++k) {
        encoded.number(static_cast<uint32_t>(encoding.ids[k]));
        encoded.number(encoding.starts[k]);
        encoded.number(encoding.ends[k]);
        encoded.number(static_cast<uint32_t>(encoding.words[k]));
      }
      decoded.add(tokenizer->decode(encoding.ids, true));
    }
    CHECK(encoded.hex() == node.at("encoded").as_string());
    CHECK(decoded.hex() == node.at("decoded").as_string());
  }
}

}  // namespace dragoman
