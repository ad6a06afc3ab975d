// Stop strings, and what real tokenizers' tokens add to a text.
#include "decode/stop_strings.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "unit/decode/table_decoder.hpp"

namespace dragoman::test {
namespace {

// Spells the tokens of a text that is cut at bars.
bool completes(const std::string& text, std::vector<std::string> stops) {
  std::vector<std::string> pieces;
  for (size_t first = 0; first <= text.size();) {
    const size_t bar = std::min(text.find('|', first), text.size());
    pieces.push_back(text.substr(first, bar - first));
    first = bar + 1;
  }
  const StopStrings strings(std::move(stops),
                            [&](int32_t token) { return pieces[static_cast<size_t>(token)]; });
  std::vector<int32_t> ids;
  for (size_t i = 0; i + 1 < pieces.size(); ++i) ids.push_back(static_cast<int32_t>(i));
  return strings.completes(ids, static_cast<int32_t>(pieces.size() - 1));
}

// Those of a folder of tests/golden/tasks that are there.
std::unique_ptr<Tokenizer> tokenizer_of(const std::string& folder) {
  TokenizerFiles files;
  const auto read = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      std::ifstream file(std::string(DRAGOMAN_GOLDEN_DIR "/tasks/") + folder + "/" + name,
                         std::ios::binary);
      if (file) files[name] = {std::istreambuf_iterator<char>(file), {}};
    }
  };
  read(tokenizer_file_names(folder));
  read(vocabulary_file_names(files, folder));
  return load_tokenizer(files, folder);
}

}  // namespace

// The examples of Python's documentation.
TEST_CASE("A stop string may lie over tokens and within them", "[decode][stop]") {
  for (const char* text : {"st|op", "stop", "st|opera", "sto|pper", "las|topper", "s|to|pped"}) {
    INFO(text);
    CHECK(completes(text, {"stop"}));
    CHECK(completes(text, {"nothing", "stop"}));
  }
  for (const char* text : {"stop|at", "st|op|at", "st|opera|tion", "sto|x", "st|o", ""}) {
    INFO(text);
    CHECK_FALSE(completes(text, {"stop"}));
  }
}

TEST_CASE("Only what the last token completes counts", "[decode][stop]") {
  CHECK(completes("ab|ab", {"ab"}));
  CHECK_FALSE(completes("ab|", {"ab"}));      // a token without text completes nothing
  CHECK(completes("a||b", {"ab"}) == false);  // one token is looked at for every character
  CHECK(completes("x|a||b", {"a", "axb", "cab"}) == false);
  CHECK(completes("é|é", {"éé"}));
  CHECK(completes("a\n|\n", {"\n\n"}));
}

TEST_CASE("Tokens add to a text what they add in Python", "[decode][stop][golden]") {
  const auto document = decode_cases("pieces.json");
  size_t folders = 0;
  document->root().each_member([&](std::string_view folder, Json pieces) {
    ++folders;
    const auto tokenizer = tokenizer_of(std::string(folder));
    const StopStrings::Piece piece = pieces_of(*tokenizer);
    for (size_t id = 0; id < pieces.size(); ++id) {
      INFO(folder << ", token " << id);
      CHECK(piece(static_cast<int32_t>(id)) == pieces.at(id).as_string());
    }
  });
  CHECK(folders == 5);
}

}  // namespace dragoman::test
