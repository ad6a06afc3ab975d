// Byte-pair encoding by SentencePiece: the best-scored pair of neighbours merges, leftmost first.
#include <algorithm>
#include <bit>
#include <map>
#include <queue>
#include <utility>

#include "text/sentencepiece/segmenter.hpp"

namespace dragoman {

namespace {

constexpr int kMaxUserMatches = 64;  // as many as SentencePiece looks at
constexpr int kMaxDepth = 100;       // of undoing merges; deeper chains come from hostile models

struct Symbol {
  int prev;
  int next;
  bool frozen;  // user-defined: never merged
  std::string_view text;
};

struct Candidate {
  float score;
  int left;
  int right;
  size_t size;  // bytes when proposed; another size now means that it is stale
};

// Orders by score, then leftmost. Compares bits as sentencepiece does, where -0 sorts below 0.
struct Worse {
  bool operator()(const Candidate& a, const Candidate& b) const {
    const auto x = std::bit_cast<int32_t>(a.score);
    const auto y = std::bit_cast<int32_t>(b.score);
    if (x == y) return a.left > b.left;
    return x < 0 && y < 0 ? x > y : x < y;
  }
};

using Pair = std::pair<std::string_view, std::string_view>;

// One text being merged.
class Merger {
 public:
  Merger(const SpmModel& model, const PieceTrie& user_defined)
      : model_(model), user_defined_(user_defined) {}

  std::vector<Segment> run(std::string_view text);

 private:
  void split(std::string_view text);
  void propose(int left, int right);
  void merge(const Candidate& best);
  void resegment(std::string_view text, int depth, std::vector<Segment>& out) const;
  Symbol& at(int index) { return symbols_[static_cast<size_t>(index)]; }

  const SpmModel& model_;
  const PieceTrie& user_defined_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate, std::vector<Candidate>, Worse> agenda_;
  std::map<std::string_view, Pair> parts_;  // what unused pieces were merged from
};

// Characters and user-defined pieces.
void Merger::split(std::string_view text) {
  for (int index = 0; !text.empty(); ++index) {
    size_t length = user_defined_.longest_prefix(text, kMaxUserMatches);
    const bool frozen = length > 0;
    if (!frozen) length = std::min(utf8_char_length(text[0]), text.size());
    const bool last = length == text.size();
    symbols_.push_back({index - 1, last ? -1 : index + 1, frozen, text.substr(0, length)});
    text.remove_prefix(length);
  }
}

// Puts the pair on the agenda if the two together are a piece.
void Merger::propose(int left, int right) {
  if (left < 0 || right < 0 || at(left).frozen || at(right).frozen) return;
  // The two are neighbours in one text.
  const std::string_view text(at(left).text.data(), at(left).text.size() + at(right).text.size());
  if (text.size() > model_.pieces.max_token_bytes()) return;
  const int32_t id = model_.pieces.find(text);
  if (id < 0 || !model_.is_ordinary(id)) return;
  agenda_.push({model_.scores[static_cast<size_t>(id)], left, right, text.size()});
  if (model_.is(id, PieceType::kUnused)) parts_[text] = {at(left).text, at(right).text};
}

// Carries out a merge unless one of its two symbols has changed since it was proposed.
void Merger::merge(const Candidate& best) {
  Symbol& left = at(best.left);
  Symbol& right = at(best.right);
  if (left.text.empty() || right.text.empty()) return;
  if (left.text.size() + right.text.size() != best.size) return;
  left.text = std::string_view(left.text.data(), best.size);
  left.next = right.next;
  if (right.next >= 0) at(right.next).prev = best.left;
  right.text = {};
  propose(left.prev, best.left);
  propose(best.left, left.next);
}

// Pieces marked unused only exist to be merged further: what is left of them falls apart again.
void Merger::resegment(std::string_view text, int depth, std::vector<Segment>& out) const {
  const int32_t id = model_.id_of(text);
  if (depth > kMaxDepth) return out.push_back({text, id});
  if (model_.is(id, PieceType::kUnused)) {
    const auto parts = parts_.find(text);
    if (parts == parts_.end()) return out.push_back({text, model_.unk_id});
    resegment(parts->second.first, depth + 1, out);
    return resegment(parts->second.second, depth + 1, out);
  }
  out.push_back({text, model_.is_ordinary(id) ? id : model_.unk_id});
}

std::vector<Segment> Merger::run(std::string_view text) {
  split(text);
  const auto count = static_cast<int>(symbols_.size());
  for (int i = 1; i < count; ++i) propose(i - 1, i);
  while (!agenda_.empty()) {
    const Candidate best = agenda_.top();
    agenda_.pop();
    merge(best);
  }
  std::vector<Segment> out;
  for (int i = count == 0 ? -1 : 0; i >= 0; i = at(i).next) resegment(at(i).text, 0, out);
  return out;
}

class Bpe final : public Segmenter {
 public:
  Bpe(const SpmModel& model, const PieceTrie& user_defined)
      : model_(model), user_defined_(user_defined) {}
  std::vector<Segment> segment(std::string_view text) const override {
    return Merger(model_, user_defined_).run(text);
  }

 private:
  const SpmModel& model_;
  const PieceTrie& user_defined_;
};

}  // namespace

std::unique_ptr<Segmenter> make_bpe_segmenter(const SpmModel& model,
                                              const PieceTrie& user_defined) {
  return std::make_unique<Bpe>(model, user_defined);
}

}  // namespace dragoman
