// A SentencePiece model at work: text to pieces with byte offsets, pieces to text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/sentencepiece/segmenter.hpp"
#include "text/sentencepiece/spm_model.hpp"
#include "text/sentencepiece/spm_normalizer.hpp"

namespace dragoman {

/// A piece as a string, and the bytes of the input it covers.
struct SpmPiece {
  std::string text;
  uint32_t begin;
  uint32_t end;
};

class SpmProcessor {
 public:
  /// What the model will be used for. Decoding needs no search structure.
  enum class Use { kEncode, kDecode };
  SpmProcessor(std::string_view bytes, std::string file, Use use);
  SpmProcessor(const SpmProcessor&) = delete;  // the segmenter refers to the model
  SpmProcessor& operator=(const SpmProcessor&) = delete;

  /// @param text  well-formed UTF-8
  std::vector<SpmPiece> encode(std::string_view text) const;

  /// Text of pieces, which need not be of this model.
  std::string decode(const std::vector<std::string_view>& pieces) const;

 private:
  // The normaliser owns the character map; the model's copy is dropped.
  SpmModel model_;
  SpmNormalizer normalizer_;
  std::unique_ptr<SpmNormalizer> denormalizer_;
  PieceTrie user_defined_;
  std::unique_ptr<Segmenter> segmenter_;
};

}  // namespace dragoman
