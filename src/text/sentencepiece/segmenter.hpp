// Cutting normalised text into pieces: the two algorithms of SentencePiece.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "text/sentencepiece/piece_trie.hpp"
#include "text/sentencepiece/spm_model.hpp"

namespace dragoman {

/// A stretch of the normalised text and its piece; id -1 when there is not even an unknown piece.
struct Segment {
  std::string_view text;
  int32_t id;
};

class Segmenter {
 public:
  virtual ~Segmenter() = default;
  /// Segments that together are `text`.
  virtual std::vector<Segment> segment(std::string_view text) const = 0;
};

/// The most probable segmentation by Viterbi search (Kudo 2018). `model` must outlive the result.
std::unique_ptr<Segmenter> make_unigram_segmenter(const SpmModel& model);

/// Merges by score (Sennrich et al. 2016). Both arguments must outlive the result.
/// @param user_defined  pieces that are never merged
std::unique_ptr<Segmenter> make_bpe_segmenter(const SpmModel& model, const PieceTrie& user_defined);

/// Bytes of the character that begins with `lead`, by that byte alone.
inline size_t utf8_char_length(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  if (byte < 0xC0) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

}  // namespace dragoman
