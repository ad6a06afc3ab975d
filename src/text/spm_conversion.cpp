// Pieces before and behind those of the file, and merges.
#include "text/spm_conversion.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/bpe.hpp"
#include "text/languages.hpp"
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
      const int64_t offset = std::min<int64_t>(config.number("offset", 103), 10000);
      for (int64_t i = 2; i < offset; ++i) add("<unk_" + std::to_string(i) + ">", kNeverTaken);
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

struct ScoredMerge {
  double score;
  size_t left_chars;
  size_t right_chars;
  int32_t left_id;
  int32_t right_id;
  std::string_view left;
  std::string_view right;
};

// Ways to put `piece` together of two pieces of the file, in order of their ids.
// @param tab  id of a tab that is missing in the file, or -1
void add_merges(const SpmModel& spm, std::string_view piece, double score, int32_t tab,
                std::vector<ScoredMerge>& merges) {
  const auto id_of = [&](std::string_view text) {
    return text == "\t" && tab >= 0 ? tab : spm.pieces.find(text);
  };
  const std::u32string chars = to_utf32(piece);
  const size_t first = merges.size();
  size_t bytes = 0;
  for (size_t i = 1; i < chars.size(); ++i) {
    next_code_point(piece, bytes);
    ScoredMerge merge{
        score, i, chars.size() - i, 0, 0, piece.substr(0, bytes), piece.substr(bytes)};
    merge.left_id = id_of(merge.left);
    if (merge.left_id < 0) continue;
    merge.right_id = id_of(merge.right);
    if (merge.right_id >= 0) merges.push_back(merge);
  }
  std::stable_sort(merges.begin() + static_cast<ptrdiff_t>(first), merges.end(),
                   [](const ScoredMerge& a, const ScoredMerge& b) {
                     return std::tie(a.left_id, a.right_id) < std::tie(b.left_id, b.right_id);
                   });
}

// Best score first, of equal ones those of the longest parts.
std::unique_ptr<TokenModel> convert_bpe(const SpmModel& spm, const std::vector<Piece>& pieces,
                                        const BpeOptions& options, bool gemma) {
  Vocab vocab;
  for (size_t i = 0; i < pieces.size(); ++i) vocab.add(pieces[i].text, static_cast<int32_t>(i));
  vocab.finish();
  const int32_t tab = gemma && spm.pieces.find("\t") < 0 ? spm.pieces.find("<0x09>") : -1;
  std::vector<ScoredMerge> found;
  vocab.each([&](std::string_view, int32_t id) {
    const Piece& piece = pieces[static_cast<size_t>(id)];
    add_merges(spm, piece.text, piece.score, tab, found);
  });
  std::stable_sort(found.begin(), found.end(), [](const ScoredMerge& a, const ScoredMerge& b) {
    return std::tie(a.score, a.left_chars, a.right_chars) >
           std::tie(b.score, b.left_chars, b.right_chars);
  });
  BpeMergeList merges;
  merges.reserve(found.size());
  for (const ScoredMerge& merge : found) merges.emplace_back(merge.left, merge.right);
  return make_bpe(std::move(vocab), merges, options, spm.file);
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
    const int64_t offset = std::min<int64_t>(config.number("offset", 103), 10000);
    options.unk_id = spm.trainer_unk_id + static_cast<int32_t>(offset);
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
