// The vocabulary in GGUF's metadata.
#pragma once

#include <string_view>
#include <vector>

#include "formats/gguf_header.hpp"
#include "text/bpe.hpp"

namespace dragoman {

/// What a token is, as tokenizer.ggml.token_type numbers it.
enum GgufTokenKind { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kByte = 6 };

/// How text is cut into words, by the names that llama.cpp gives to what files are found to do.
struct GgufSplitting {
  std::string_view names;  // between spaces
  const char* pattern;     // null: that of GPT-2
  bool digits = false;     // each alone
  bool nfc = false;        // text is composed before
  bool ignore_merges = false;
  bool add_bos = false;
};

/// Throws unsupported-model for a way to split that is not known.
const GgufSplitting& gguf_splitting(const GgufHeader& header);

/// What the metadata says of the tokens. Throws unsupported-model, model-format.
struct GgufVocabulary {
  explicit GgufVocabulary(const GgufHeader& header);
  int64_t id(const GgufHeader& header, const char* field, int64_t fallback) const;

  std::vector<std::string_view> tokens;
  std::vector<int> kinds;     // as many
  std::vector<float> scores;  // as many
  bool pieces = false;        // of SentencePiece
  bool add_bos = false;
  bool add_eos = false;
  int64_t bos = -1;
  int64_t eos = -1;
  int64_t unknown = -1;
};

/// Left and right parts, best first, as transformers' SentencePieceExtractor works them out.
BpeMergeList gguf_merges(const GgufVocabulary& words);

}  // namespace dragoman
