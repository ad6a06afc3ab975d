// Encoding and decoding as sentencepiece's processor does them.
#include "text/sentencepiece/spm_processor.hpp"

#include <utility>

#include "base/utf.hpp"
#include "text/strings.hpp"

namespace dragoman {

namespace {

// Each byte that is not part of well-formed UTF-8 decodes to U+FFFD by itself, not as part of a
// maximal subpart as elsewhere: sentencepiece moves on by one byte.
std::string decode_bytes(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    size_t end = i;
    const char32_t c = next_code_point(bytes, end);
    const bool genuine = c != kReplacement || bytes.substr(i, end - i) == "\xEF\xBF\xBD";
    append_utf8(out, c);
    i = genuine ? end : i + 1;
  }
  return out;
}

}  // namespace

SpmProcessor::SpmProcessor(std::string_view bytes, std::string file, Use use)
    : model_(SpmModel::parse(bytes, std::move(file))), normalizer_(model_.normalizer, model_.file) {
  model_.normalizer.charsmap.clear();
  if (!model_.denormalizer.charsmap.empty()) {
    denormalizer_ = std::make_unique<SpmNormalizer>(model_.denormalizer, model_.file);
  }
  if (use == Use::kDecode) return;
  std::vector<std::pair<std::string_view, int32_t>> symbols;
  model_.pieces.each([&](std::string_view piece, int32_t id) {
    if (model_.is(id, PieceType::kUserDefined)) symbols.emplace_back(piece, id);
  });
  user_defined_.build(std::move(symbols));
  segmenter_ = model_.kind == SpmKind::kBpe ? make_bpe_segmenter(model_, user_defined_)
                                            : make_unigram_segmenter(model_);
}

// Neighbouring unknown segments become one piece, whose string may be in the caller's vocabulary
// although SentencePiece does not know it.
std::vector<SpmPiece> SpmProcessor::encode(std::string_view text) const {
  const SpmNormalized normalized = normalizer_.normalize(text, &user_defined_);
  std::vector<SpmPiece> pieces;
  bool after_unknown = false;
  size_t position = 0;
  for (const Segment& segment : segmenter_->segment(normalized.text)) {
    const uint32_t begin = normalized.origins[position];
    position += segment.text.size();
    const uint32_t end = normalized.origins[position];
    const bool unknown = model_.is_unknown(segment.id);
    if (unknown && model_.byte_fallback) {
      // The last byte stands for the character, the others for nothing of the input.
      for (const char byte : segment.text) {
        pieces.push_back({byte_piece(static_cast<uint8_t>(byte)), begin, begin});
      }
      pieces.back().end = end;
    } else if (unknown && after_unknown) {
      pieces.back().text.append(segment.text);
      pieces.back().end = end;
    } else {
      pieces.push_back({std::string(segment.text), begin, end});
    }
    after_unknown = unknown;
  }
  return pieces;
}

// Only a space at the very beginning can be the one that encoding put there.
std::string SpmProcessor::decode(const std::vector<std::string_view>& pieces) const {
  const bool trims =
      model_.normalizer.add_dummy_prefix || model_.normalizer.remove_extra_whitespaces;
  std::string text;
  std::string bytes;         // of byte pieces not yet decoded
  bool at_beginning = true;  // whether a leading space would be the dummy prefix
  for (const std::string_view piece : pieces) {
    const int32_t id = model_.id_of(piece);
    if (model_.is(id, PieceType::kByte)) {
      bytes.push_back(static_cast<char>(piece_byte(piece)));
      continue;
    }
    text += decode_bytes(std::exchange(bytes, {}));
    if (!text.empty()) at_beginning = false;
    if (model_.is(id, PieceType::kControl)) continue;
    std::string_view rest = piece;
    bool took_prefix = false;
    if (at_beginning && trims && rest.starts_with(kSpaceSymbol)) {
      rest.remove_prefix(kSpaceSymbol.size());
      took_prefix = !model_.normalizer.remove_extra_whitespaces;
    }
    if (model_.is_unknown(id)) {
      const bool itself = id >= 0 && model_.pieces.find(piece) == id;
      text += itself ? std::string_view(model_.unk_surface) : piece;
    } else {
      text += replace_all(std::string(rest), kSpaceSymbol, " ");
    }
    if (took_prefix || !text.empty()) at_beginning = false;
  }
  text += decode_bytes(bytes);
  return denormalizer_ == nullptr ? text : denormalizer_->normalize(text, nullptr).text;
}

}  // namespace dragoman
