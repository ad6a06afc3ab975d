// A SentencePiece model file: its pieces and the settings that bear on inference.
//
// Field numbers and defaults are those of sentencepiece_model.proto; behaviour follows
// sentencepiece 0.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/vocab.hpp"

namespace dragoman {

/// U+2581, which stands for a space inside pieces.
inline constexpr std::string_view kSpaceSymbol = "\xE2\x96\x81";

enum class PieceType : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

enum class SpmKind { kUnigram = 1, kBpe = 2 };

struct SpmNormalizerSpec {
  std::string charsmap;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
  bool treat_whitespace_as_suffix = false;  // from the trainer's settings
};

struct SpmModel {
  std::string file;  // name used in messages
  SpmKind kind = SpmKind::kUnigram;
  Vocab pieces;  // ids are positions in the file
  std::vector<float> scores;
  std::vector<PieceType> types;
  SpmNormalizerSpec normalizer;
  SpmNormalizerSpec denormalizer;
  std::string unk_surface = " \xE2\x81\x87 ";  // what <unk> decodes to
  bool byte_fallback = false;
  int32_t unk_id = -1;
  // What the trainer was told of the unknown piece, which converters believe.
  int32_t trainer_unk_id = 0;
  std::string unk_piece = "<unk>";

  /// Throws tokenizer-format, naming `file`, for damaged bytes and models sentencepiece refuses;
  /// unsupported-model for word and character models.
  static SpmModel parse(std::string_view bytes, std::string file);

  size_t size() const { return types.size(); }
  /// Id of `piece`, or that of the unknown piece.
  int32_t id_of(std::string_view piece) const {
    const int32_t id = pieces.find(piece);
    return id >= 0 ? id : unk_id;
  }
  bool is(int32_t id, PieceType type) const {
    return id >= 0 && types[static_cast<size_t>(id)] == type;
  }
  bool is_unknown(int32_t id) const { return id < 0 || is(id, PieceType::kUnknown); }
  /// A piece that text can become: normal, user-defined or unused.
  bool is_ordinary(int32_t id) const {
    return is(id, PieceType::kNormal) || is(id, PieceType::kUserDefined) ||
           is(id, PieceType::kUnused);
  }
};

/// "<0x41>" for 0x41.
std::string byte_piece(uint8_t byte);
/// 0x41 for "<0x41>", or -1.
int piece_byte(std::string_view piece);

}  // namespace dragoman
