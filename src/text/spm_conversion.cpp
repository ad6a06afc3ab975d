// Pieces before and behind those of the file, and merges.
#include "text/spm_conversion.hpp"

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/bpe.hpp"
#include "text/languages.hpp"
#include "text/piece_merges.hpp"
#include "text/unigram.hpp"

namespace dragoman {

namespace {

using Kind = TokenizerKind;

struct Piece {
  std::string text;
  double score;
};

constexpr double kNeverTaken = -100.0;  // a score that keeps the model from using a piece

std::string spm_piece(const SpmModel& spm, size_t id) {
  return std::string(spm.pieces.token(static_cast<int32_t>(id)).value_or(""));
}

// How far Pegasus moves the pieces of the file.
int32_t pegasus_offset(const PretrainedConfig& config) {
  return static_cast<int32_t>(std::min<int64_t>(config.number("offset", 103), 10000));
}

// What the pieces at the beginning of the file become.
// @param skipped  number of pieces that are left out for them
std::vector<Piece> first_pieces(const SpmModel& spm, const PretrainedConfig& config, Kind kind,
                                size_t& skipped) {
  std::vector<Piece> pieces;
  const auto add = [&pieces](std::string text, double score = 0) {
    pieces.push_back({std::move(text), score});
  };
  const auto add_all = [&add](std::initializer_list<const char*> list) {
    for (const char* text : list) add(text);
  };
  skipped = 0;
  switch (kind) {
    case Kind::kXlmRoberta:
    case Kind::kMbart:
    case Kind::kMbart50:
    case Kind::kNllb:
      add_all({"<s>", "<pad>", "</s>", "<unk>"});
      skipped = 3;
      break;
    case Kind::kCamembert:
      add_all({"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"});
      add("<unk>NOTUSED", kNeverTaken);
      skipped = 1;
      break;
    case Kind::kLlama:
      for (size_t id = 0; id < 3; ++id) {
        const auto own = config.added_tokens().find(static_cast<int32_t>(id));
        add(own == config.added_tokens().end() ? spm_piece(spm, id) : own->second.content);
      }
      skipped = 3;
      break;
    case Kind::kGemma:
      for (const char* key : {"pad_token", "eos_token", "bos_token"}) add(config.special(key));
      skipped = 3;
      break;
    case Kind::kPegasus: {
      add(config.special("pad_token"));
      add(config.special("eos_token"));
      if (!config.is_null("mask_token_sent")) {
        add(config.text("mask_token_sent", "<mask_1>"));
        add(config.special("mask_token"));
      }
      for (int64_t i = 2; i < pegasus_offset(config); ++i)
        add("<unk_" + std::to_string(i) + ">", kNeverTaken);
      skipped = 2;
      break;
    }
    default:
      break;
  }
  return pieces;
}

// ALBERT: numbers should not be pieces with a comma.
bool ends_with_number_comma(std::string_view piece) {
  const std::u32string text = to_utf32(piece);
  return text.size() >= 2 && text.back() == ',' && is_numeric(text[text.size() - 2]);
}

std::vector<Piece> all_pieces(const SpmModel& spm, const PretrainedConfig& config, Kind kind) {
  size_t skipped = 0;
  std::vector<Piece> pieces = first_pieces(spm, config, kind, skipped);
  for (size_t id = skipped; id < spm.size(); ++id) {
    pieces.push_back({spm_piece(spm, id), static_cast<double>(spm.scores[id])});
    if (kind == Kind::kAlbert && ends_with_number_comma(pieces.back().text)) {
      pieces.back().score += kNeverTaken;
    }
  }
  if (kind == Kind::kT5) {
    const int64_t count = std::min<int64_t>(config.number("extra_ids", 100), 10000);
    for (int64_t i = count; i-- > 0;) pieces.push_back({"<extra_id_" + std::to_string(i) + ">", 0});
  }
  if (kind == Kind::kMbart || kind == Kind::kMbart50) {
    for (std::string& code : class_languages(kind, "")) pieces.push_back({std::move(code), 0});
  }
  if (kind == Kind::kMbart || kind == Kind::kMbart50 || kind == Kind::kXlmRoberta ||
      kind == Kind::kCamembert) {
    pieces.push_back({"<mask>", 0});
  }
  if (kind != Kind::kGemma) return pieces;
  // Old models have no piece for a tab but its byte.
  const auto find = [&pieces](std::string_view text) {
    return std::find_if(pieces.begin(), pieces.end(),
                        [text](const Piece& piece) { return piece.text == text; });
  };
  const auto byte = find("<0x09>");
  if (find("\t") == pieces.end() && byte != pieces.end()) *byte = {"\t", 0};
  return pieces;
}

std::unique_ptr<TokenModel> convert_bpe(const SpmModel& spm, const std::vector<Piece>& pieces,
                                        const BpeOptions& options, bool gemma) {
  Vocab vocab;
  for (size_t i = 0; i < pieces.size(); ++i) vocab.add(pieces[i].text, static_cast<int32_t>(i));
  vocab.finish();
  // A tab that is missing in the file has the id of its byte, or none.
  const int32_t tab = gemma && spm.pieces.find("\t") < 0 ? spm.pieces.find("<0x09>") : -1;
  PieceMerges merges([&](std::string_view text) {
    return text == "\t" && tab >= 0 ? tab : spm.pieces.find(text);
  });
  vocab.each([&](std::string_view, int32_t id) {
    const Piece& piece = pieces[static_cast<size_t>(id)];
    merges.add(piece.text, piece.score);
  });
  return make_bpe(std::move(vocab), merges.ordered(), options, spm.file);
}

}  // namespace

std::unique_ptr<TokenModel> convert_pieces(const SpmModel& spm, const PretrainedConfig& config,
                                           TokenizerKind kind) {
  const std::vector<Piece> pieces = all_pieces(spm, config, kind);
  const bool bytes = kind == Kind::kLlama || kind == Kind::kGemma;
  if (spm.kind == SpmKind::kBpe) {
    BpeOptions options;
    options.unk_token = spm.unk_piece;
    options.fuse_unk = true;
    options.byte_fallback = bytes;
    return convert_bpe(spm, pieces, options, kind == Kind::kGemma);
  }
  UnigramOptions options;
  options.byte_fallback = bytes;
  options.unk_id = kind == Kind::kLlama ? 0 : 3;
  if (kind == Kind::kT5 || kind == Kind::kAlbert || kind == Kind::kDebertaV2) {
    options.unk_id = spm.trainer_unk_id;
  }
  if (kind == Kind::kPegasus) {
    options.unk_id = spm.trainer_unk_id + pegasus_offset(config);
  }
  if (options.unk_id < 0 || static_cast<size_t>(options.unk_id) >= pieces.size()) {
    throw Error(ErrorCode::kTokenizerFormat, spm.file + ": the id of the unknown piece is " +
                                                 std::to_string(options.unk_id) + " of " +
                                                 std::to_string(pieces.size()) + ".");
  }
  Vocab vocab;
  std::vector<double> scores;
  for (const Piece& piece : pieces) {
    vocab.append(piece.text);
    scores.push_back(piece.score);
  }
  vocab.finish();
  return make_unigram(std::move(vocab), std::move(scores), options, spm.file);
}

std::vector<AddedToken> added_pieces(const SpmModel& spm, TokenizerKind kind) {
  std::vector<AddedToken> tokens;
  spm.pieces.each([&](std::string_view piece, int32_t id) {
    const bool control = spm.is(id, PieceType::kControl);
    if (!control && !spm.is(id, PieceType::kUserDefined)) return;
    AddedToken token;
    token.content = piece;
    token.normalized = false;
    token.special = control || (kind == Kind::kGemma &&
                                (piece == "<start_of_turn>" || piece == "<end_of_turn>"));
    tokens.push_back(token);
  });
  return tokens;
}

}  // namespace dragoman
