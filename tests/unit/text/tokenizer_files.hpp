// Golden tokenizers as files in memory, for tests that damage or combine them.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "text/tokenizer.hpp"

namespace dragoman {

inline std::string golden_tokenizer_file(const std::string& name) {
  std::ifstream file(std::string(DRAGOMAN_GOLDEN_DIR "/tokenizers/") + name, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A Marian tokenizer of the golden files with this name, which serves as source and target.
inline TokenizerFiles marian_files(const std::string& name) {
  const std::string model = golden_tokenizer_file(name + ".source.spm");
  return {{"source.spm", model},
          {"target.spm", model},
          {"vocab.json", golden_tokenizer_file(name + ".vocab.json")}};
}

inline TokenizerFiles bert_files() {
  return {{"tokenizer.json", golden_tokenizer_file("wordpiece-uncased.tokenizer.json")}};
}

}  // namespace dragoman
