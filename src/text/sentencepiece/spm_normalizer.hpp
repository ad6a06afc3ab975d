// SentencePiece's normaliser: text to the string that is cut into pieces, with the byte each of its
// bytes came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/sentencepiece/charsmap.hpp"
#include "text/sentencepiece/piece_trie.hpp"
#include "text/sentencepiece/spm_model.hpp"

namespace dragoman {

struct SpmNormalized {
  std::string text;
  std::vector<uint32_t> origins;  // per byte of text, and one for its end: bytes of the input
};

class SpmNormalizer {
 public:
  SpmNormalizer(const SpmNormalizerSpec& spec, const std::string& file)
      : spec_(spec), charsmap_(spec.charsmap, file) {
    spec_.charsmap.clear();
  }

  /// @param protect  user-defined pieces, which are left as they are; may be null
  SpmNormalized normalize(std::string_view input, const PieceTrie* protect) const;

 private:
  struct Prefix {
    std::string_view text;
    size_t consumed;
  };
  Prefix prefix(std::string_view input, const PieceTrie* protect) const;
  void trim_end(SpmNormalized& out, uint32_t& consumed) const;
  std::string_view space() const { return spec_.escape_whitespaces ? kSpaceSymbol : " "; }

  SpmNormalizerSpec spec_;
  Charsmap charsmap_;
};

}  // namespace dragoman
