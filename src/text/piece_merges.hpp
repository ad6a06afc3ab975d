// Merges of a BPE model that is given by pieces with scores, as SentencePiece gives it.
#pragma once

#include <functional>
#include <string_view>

#include "text/bpe.hpp"

namespace dragoman {

/// Collects the ways to put pieces together of two others, as SentencePieceExtractor does
/// (transformers, convert_slow_tokenizer.py).
class PieceMerges {
 public:
  /// @param id_of  the id of a piece, negative for what is none
  explicit PieceMerges(std::function<int32_t(std::string_view)> id_of);
  /// Those of one piece, in order of their parts' ids. The text outlives the list.
  void add(std::string_view piece, double score);
  /// All of them: best score first, of equal ones those of the longest parts.
  BpeMergeList ordered();

 private:
  struct Merge {
    double score;
    std::ptrdiff_t left_chars;
    std::ptrdiff_t right_chars;
    int32_t left_id;
    int32_t right_id;
    std::string_view left;
    std::string_view right;
  };
  std::function<int32_t(std::string_view)> id_of_;
  std::vector<Merge> merges_;
};

}  // namespace dragoman
