// The unigram model: Viterbi over byte positions, in single precision and in the order
// sentencepiece computes, so that ties and rounding fall alike.
#include <algorithm>
#include <cfloat>

#include "base/error.hpp"
#include "text/sentencepiece/segmenter.hpp"

namespace dragoman {

namespace {

constexpr float kUnkPenalty = 10.0F;
// Sums beyond this are moved back to zero: a long text would lose the differences of scores.
constexpr float kResetThreshold = 100000.0F;

// A user-defined piece beats any sum of scores, which are negative; longer ones win.
float user_defined_score(int length) {
  return static_cast<float>(0.1 * (length - 1));
}

class Unigram final : public Segmenter {
 public:
  explicit Unigram(const SpmModel& model);
  std::vector<Segment> segment(std::string_view text) const override;

 private:
  // The best path that ends at a position: its last piece and where that begins.
  struct Best {
    int32_t id = -1;
    float score = 0;
    int32_t start = -1;  // -1: no path yet
  };
  using Path = std::vector<Best>;
  // Takes the candidate when it is better than the best path so far.
  static void offer(Best& best, int32_t id, float score, size_t start);
  bool extend(std::string_view text, size_t start, size_t char_length, Path& path,
              size_t& frontier) const;
  // Score of a piece of `length` bytes.
  float score_of(int32_t id, size_t length) const;

  const SpmModel& model_;
  PieceTrie trie_;
  float unk_score_;
};

Unigram::Unigram(const SpmModel& model) : model_(model) {
  std::vector<std::pair<std::string_view, int32_t>> keys;
  float lowest = FLT_MAX;
  model.pieces.each([&](std::string_view piece, int32_t id) {
    if (model.is(id, PieceType::kNormal)) {
      lowest = std::min(lowest, model.scores[static_cast<size_t>(id)]);
    }
    if (model.is_ordinary(id) && piece.find('\0') == std::string_view::npos) {
      keys.emplace_back(piece, id);
    }
  });
  if (keys.empty()) throw Error(ErrorCode::kTokenizerFormat, model.file + " has no pieces.");
  trie_.build(std::move(keys));
  unk_score_ = lowest - kUnkPenalty;
}

float Unigram::score_of(int32_t id, size_t length) const {
  if (model_.is(id, PieceType::kUserDefined)) return user_defined_score(static_cast<int>(length));
  return model_.scores[static_cast<size_t>(id)];
}

// The first of equal candidates stays.
void Unigram::offer(Best& best, int32_t id, float score, size_t start) {
  if (best.start == -1 || score > best.score) {
    best = {id, score, static_cast<int32_t>(start)};
  }
}

// Offers every piece that begins at `start`. Returns whether one is the character itself.
bool Unigram::extend(std::string_view text, size_t start, size_t char_length, Path& path,
                     size_t& frontier) const {
  const float so_far = path[start].score;
  bool single = false;
  uint32_t node = PieceTrie::kRoot;
  for (size_t end = start + 1; end <= text.size(); ++end) {
    if (!trie_.step(node, static_cast<uint8_t>(text[end - 1]))) break;
    const int32_t id = trie_.value(node);
    if (id < 0 || model_.is(id, PieceType::kUnused)) continue;
    const size_t length = end - start;
    frontier = std::max(frontier, end);
    offer(path[end], id, score_of(id, length) + so_far, start);
    single = single || length == char_length;
  }
  return single;
}

std::vector<Segment> Unigram::segment(std::string_view text) const {
  if (text.empty()) return {};
  Path path(text.size() + 1);
  size_t frontier = 0;  // the last position a path ends at
  for (size_t start = 0; start < text.size();) {
    const float base = path[start].score;
    if (base < -kResetThreshold || base > kResetThreshold) {
      for (size_t i = start; i <= frontier; ++i) {
        if (i == start || path[i].start != -1) path[i].score -= base;
      }
      path[start].score = 0;
    }
    const size_t length = std::min(utf8_char_length(text[start]), text.size() - start);
    if (!extend(text, start, length, path, frontier)) {
      frontier = std::max(frontier, start + length);
      offer(path[start + length], model_.unk_id, unk_score_ + path[start].score, start);
    }
    start += length;
  }
  // Back from the end along the best pieces.
  std::vector<Segment> segments;
  for (size_t end = text.size(); end > 0;) {
    const auto start = static_cast<size_t>(path[end].start);
    segments.push_back({text.substr(start, end - start), path[end].id});
    end = start;
  }
  std::reverse(segments.begin(), segments.end());
  return segments;
}

}  // namespace

std::unique_ptr<Segmenter> make_unigram_segmenter(const SpmModel& model) {
  return std::make_unique<Unigram>(model);
}

}  // namespace dragoman
