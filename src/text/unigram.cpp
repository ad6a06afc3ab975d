// Viterbi over byte positions; among equal sums the path found first stays.
#include "text/unigram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "text/cached_model.hpp"
#include "text/sentencepiece/piece_trie.hpp"
#include "text/sentencepiece/spm_model.hpp"
#include "text/utf8_word.hpp"

namespace dragoman {

namespace {

constexpr double kUnkPenalty = 10.0;

class Unigram final : public CachedModel {
 public:
  Unigram(Vocab vocab, std::vector<double> scores, const UnigramOptions& options,
          const std::string& file);

  const Vocab& vocab() const override { return vocab_; }
  bool begins_word(std::string_view token) const override {
    return token.starts_with(kSpaceSymbol);
  }

 private:
  // The best path that ends at a position: its last piece and where that begins.
  struct Best {
    double score = 0;
    int32_t id = -1;
    uint32_t start = kNone;
  };
  static constexpr uint32_t kNone = UINT32_MAX;  // no path yet
  // A piece of the best path, in characters of the word.
  struct Piece {
    int32_t id;
    uint32_t begin;
    uint32_t end;
  };
  static void offer(Best& best, int32_t id, double score, uint32_t start);

  void compute(std::u32string_view word, std::vector<ModelToken>& out) const override;
  void search() const;
  void extend(uint32_t start, uint32_t next) const;
  void trace(uint32_t chars) const;
  void push_unknown(const Piece& piece, std::vector<ModelToken>& out) const;
  int32_t unknown() const;

  Vocab vocab_;
  std::vector<double> scores_;
  UnigramOptions options_;
  std::string file_;
  PieceTrie trie_;
  double unk_score_;
  std::array<int32_t, 256> bytes_;  // ids of "<0x00>" and so on
  mutable Utf8Word word_;
  mutable std::vector<Best> path_;  // per byte position
  mutable std::vector<Piece> pieces_;
};

Unigram::Unigram(Vocab vocab, std::vector<double> scores, const UnigramOptions& options,
                 const std::string& file)
    : vocab_(std::move(vocab)), scores_(std::move(scores)), options_(options), file_(file) {
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < scores_.size(); ++i) {
    lowest = std::min(lowest, scores_[i]);
    if (std::isfinite(scores_[i])) continue;
    throw Error(ErrorCode::kTokenizerFormat,
                file + ": the score of piece " + std::to_string(i) + " is not finite.");
  }
  unk_score_ = lowest - kUnkPenalty;
  trie_.build(vocab_.keys());
  for (size_t i = 0; i < bytes_.size(); ++i) {
    bytes_[i] = vocab_.find(byte_piece(static_cast<uint8_t>(i)));
  }
}

int32_t Unigram::unknown() const {
  if (options_.unk_id >= 0) return options_.unk_id;
  throw Error(ErrorCode::kTokenizerFormat,
              file_ + ": no piece covers some of the text, and there is no unknown piece.");
}

void Unigram::offer(Best& best, int32_t id, double score, uint32_t start) {
  if (best.start == kNone || score > best.score) best = {score, id, start};
}

// Offers every piece that begins at `start`, and an unknown one for the character, which ends at
// `next`, when no piece is that character.
void Unigram::extend(uint32_t start, uint32_t next) const {
  const double so_far = path_[start].score;
  const std::string_view bytes = word_.bytes;
  bool single = false;
  uint32_t node = PieceTrie::kRoot;
  for (uint32_t end = start + 1; end <= bytes.size(); ++end) {
    if (!trie_.step(node, static_cast<uint8_t>(bytes[end - 1]))) break;
    const int32_t id = trie_.value(node);
    if (id < 0) continue;
    offer(path_[end], id, scores_[static_cast<size_t>(id)] + so_far, start);
    single = single || end == next;
  }
  if (!single) offer(path_[next], unknown(), unk_score_ + so_far, start);
}

void Unigram::search() const {
  path_.assign(word_.bytes.size() + 1, {});
  for (size_t i = 0; i + 1 < word_.bounds.size(); ++i) {
    extend(word_.bounds[i], word_.bounds[i + 1]);
  }
}

// Back from the end along the best path. Neighbouring unknowns become one.
void Unigram::trace(uint32_t chars) const {
  pieces_.clear();
  for (uint32_t end = chars; end > 0;) {
    const Best& best = path_[word_.bounds[end]];
    uint32_t begin = end;
    while (word_.bounds[begin] > best.start) --begin;
    const bool joins =
        !pieces_.empty() && best.id == options_.unk_id && pieces_.back().id == options_.unk_id;
    if (joins) {
      pieces_.back().begin = begin;
    } else {
      pieces_.push_back({best.id, begin, end});
    }
    end = begin;
  }
  std::reverse(pieces_.begin(), pieces_.end());
}

// What several unknown characters together make may yet be a piece.
void Unigram::push_unknown(const Piece& piece, std::vector<ModelToken>& out) const {
  const std::string_view text = word_.slice(piece.begin, piece.end);
  const int32_t id = vocab_.find(text);
  const auto id_of = [this](char c) { return bytes_[static_cast<uint8_t>(c)]; };
  const bool as_bytes =
      id < 0 && options_.byte_fallback &&
      std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) >= 0; });
  if (!as_bytes) return out.push_back({id >= 0 ? id : unknown(), piece.begin, piece.end});
  for (const char c : text) out.push_back({id_of(c), piece.begin, piece.end});
}

void Unigram::compute(std::u32string_view word, std::vector<ModelToken>& out) const {
  word_.assign(word);
  search();
  trace(static_cast<uint32_t>(word.size()));
  for (const Piece& piece : pieces_) {
    if (piece.id == options_.unk_id) {
      push_unknown(piece, out);
    } else {
      out.push_back({piece.id, piece.begin, piece.end});
    }
  }
}

}  // namespace

std::unique_ptr<TokenModel> make_unigram(Vocab vocab, std::vector<double> scores,
                                         const UnigramOptions& options, const std::string& file) {
  return std::make_unique<Unigram>(std::move(vocab), std::move(scores), options, file);
}

std::unique_ptr<TokenModel> read_unigram(const Json& node, const std::string& file) {
  Vocab vocab;
  std::vector<double> scores;
  const Json list = node.at("vocab");
  const size_t count = list.size();
  scores.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Json entry = list.at(i);
    vocab.append(entry.at(size_t{0}).as_string());
    scores.push_back(entry.at(1).as_serde_double());
  }
  vocab.finish();
  UnigramOptions options;
  if (node.has("unk_id")) {
    const int64_t id = node.at("unk_id").as_int();
    if (id < 0 || static_cast<uint64_t>(id) >= count) {
      throw Error(ErrorCode::kTokenizerFormat, file + ": unk_id is " + std::to_string(id) +
                                                   ", but there are " + std::to_string(count) +
                                                   " pieces.");
    }
    options.unk_id = static_cast<int32_t>(id);
  }
  options.byte_fallback = node.get_bool("byte_fallback", false);
  return make_unigram(std::move(vocab), std::move(scores), options, file);
}

}  // namespace dragoman
