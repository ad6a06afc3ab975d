// Parsing and checking SentencePiece model files.
#include "text/sentencepiece/spm_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "text/sentencepiece/protobuf.hpp"

namespace dragoman {

namespace {

constexpr size_t kMaxPieceBytes = 8000;  // longer ones are refused by sentencepiece

[[noreturn]] void fail(const SpmModel& model, const std::string& what) {
  throw Error(ErrorCode::kTokenizerFormat, model.file + ": " + what + ".");
}

// Message SentencePiece: piece, score, type.
void read_piece(ProtobufReader reader, SpmModel& model) {
  std::string_view piece;
  float score = 0;
  uint64_t type = 1;
  while (reader.next()) {
    if (reader.field() == 1) piece = reader.as_bytes();
    if (reader.field() == 2) score = reader.as_float();
    if (reader.field() == 3) type = reader.as_varint();
  }
  const std::string place = "piece " + std::to_string(model.size());
  if (piece.empty()) fail(model, place + " is empty");
  if (piece.size() >= kMaxPieceBytes) fail(model, place + " is too long");
  if (type < 1 || type > 6) fail(model, place + " has the unknown type " + std::to_string(type));
  if (!std::isfinite(score)) fail(model, place + " has a score that is not finite");
  if (model.pieces.find(piece) >= 0) fail(model, place + " repeats an earlier one");
  model.pieces.add(piece, static_cast<int32_t>(model.size()));
  model.scores.push_back(score);
  model.types.push_back(static_cast<PieceType>(type));
}

// Of the trainer's settings only those that change inference.
void read_trainer_spec(ProtobufReader reader, SpmModel& model, uint64_t& kind) {
  while (reader.next()) {
    switch (reader.field()) {
      case 3:
        kind = reader.as_varint();
        break;
      case 24:
        model.normalizer.treat_whitespace_as_suffix = reader.as_bool();
        break;
      case 35:
        model.byte_fallback = reader.as_bool();
        break;
      case 40:
        model.trainer_unk_id = static_cast<int32_t>(reader.as_varint());
        break;
      case 45:
        model.unk_piece = reader.as_bytes();
        break;
      case 44:
        model.unk_surface = reader.as_bytes();
        break;
      default:
        break;
    }
  }
}

// Message NormalizerSpec, also used for the denormaliser.
void read_normalizer_spec(ProtobufReader reader, SpmNormalizerSpec& spec) {
  while (reader.next()) {
    switch (reader.field()) {
      case 2:
        spec.charsmap = reader.as_bytes();
        break;
      case 3:
        spec.add_dummy_prefix = reader.as_bool();
        break;
      case 4:
        spec.remove_extra_whitespaces = reader.as_bool();
        break;
      case 5:
        spec.escape_whitespaces = reader.as_bool();
        break;
      default:
        break;
    }
  }
}

void check_nul(SpmModel& model, std::string_view piece, PieceType& type) {
  if (piece.find('\0') == std::string_view::npos) return;
  // Some converters add a piece of one NUL beside <0x00>; sentencepiece ignores it.
  const bool lone = piece.size() == 1;
  if (lone && model.byte_fallback) type = PieceType::kUnused;
  if (!lone || type != PieceType::kUnused) fail(model, "a piece contains a NUL character");
}

// What sentencepiece checks when it loads a model.
void check_pieces(SpmModel& model) {
  std::array<bool, 256> bytes{};
  model.pieces.each([&](std::string_view piece, int32_t id) {
    PieceType& type = model.types[static_cast<size_t>(id)];
    check_nul(model, piece, type);
    if (type == PieceType::kUnknown) {
      if (model.unk_id >= 0) fail(model, "there are two unknown pieces");
      model.unk_id = id;
    } else if (type == PieceType::kByte) {
      const int byte = piece_byte(piece);
      if (byte < 0 || !model.byte_fallback) {
        fail(model, "the byte piece \"" + std::string(piece) + "\" is not expected");
      }
      bytes[static_cast<size_t>(byte)] = true;
    }
  });
  if (model.unk_id < 0 && !model.byte_fallback) fail(model, "there is no unknown piece");
  if (model.byte_fallback && std::count(bytes.begin(), bytes.end(), true) != 256) {
    fail(model, "byte fallback is on, but some of the 256 byte pieces are missing");
  }
}

}  // namespace

SpmModel SpmModel::parse(std::string_view bytes, std::string file) {
  SpmModel model;
  model.file = std::move(file);
  uint64_t kind = 1;
  bool has_trainer = false;
  bool has_normalizer = false;
  ProtobufReader reader(bytes, model.file);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        read_piece(reader.as_message(), model);
        break;
      case 2:
        read_trainer_spec(reader.as_message(), model, kind);
        has_trainer = true;
        break;
      case 3:
        read_normalizer_spec(reader.as_message(), model.normalizer);
        has_normalizer = true;
        break;
      case 5:
        read_normalizer_spec(reader.as_message(), model.denormalizer);
        break;
      default:
        break;
    }
  }
  // Optional to the format, but every model has both, behind its pieces: a file without them was
  // cut off between two pieces.
  if (!has_trainer || !has_normalizer) fail(model, "the settings at its end are missing");
  if (kind != 1 && kind != 2) {
    throw Error(ErrorCode::kUnsupportedModel, model.file + ": SentencePiece models of type " +
                                                  std::to_string(kind) +
                                                  " are not supported, only unigram and BPE.");
  }
  model.kind = static_cast<SpmKind>(kind);
  model.pieces.finish();
  check_pieces(model);
  return model;
}

std::string byte_piece(uint8_t byte) {
  constexpr const char* kHex = "0123456789ABCDEF";
  return {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
}

int piece_byte(std::string_view piece) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  const size_t high = kHex.find(piece[3]);
  const size_t low = kHex.find(piece[4]);
  if (high == std::string_view::npos || low == std::string_view::npos) return -1;
  return static_cast<int>(high * 16 + low);
}

}  // namespace dragoman
