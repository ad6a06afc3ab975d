// A bounded heap behind a threshold: nearly every score fails the one comparison that is made.
#include "decode/top_k.hpp"

#include <algorithm>

namespace dragoman {

namespace {

// Scores compared before looking at any singly; the comparisons of a block vectorise.
constexpr size_t kBlock = 64;

bool better(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.beam != b.beam ? a.beam < b.beam : a.token < b.token;
}

bool any_above(const float* scores, RowNorm norm, float offset, float threshold) {
  unsigned found = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    found |= static_cast<unsigned>(norm.log_prob(scores[i]) + offset > threshold);
  }
  return found != 0;
}

}  // namespace

TopK::TopK(size_t k) : k_(k) {
  heap_.reserve(k + 1);
}

void TopK::offer_one(const Candidate& candidate) {
  if (heap_.size() == k_) {
    if (!better(candidate, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.pop_back();
  }
  heap_.push_back(candidate);
  std::push_heap(heap_.begin(), heap_.end(), better);
}

void TopK::offer(int32_t beam, float offset, std::span<const float> scores, const RowNorm& norm) {
  for (size_t first = 0; first < scores.size(); first += kBlock) {
    const size_t last = std::min(first + kBlock, scores.size());
    // Later scores equal to the threshold lose against the earlier ones that are kept.
    if (heap_.size() == k_ && last - first == kBlock &&
        !any_above(scores.data() + first, norm, offset, heap_.front().score)) {
      continue;
    }
    for (size_t i = first; i < last; ++i) {
      offer_one({norm.log_prob(scores[i]) + offset, beam, static_cast<int32_t>(i)});
    }
  }
}

std::span<const Candidate> TopK::sorted() {
  std::sort_heap(heap_.begin(), heap_.end(), better);
  return heap_;
}

}  // namespace dragoman
