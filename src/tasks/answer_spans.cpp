// The search: a heap of the best so far, whose worst is on top.
#include "tasks/answer_spans.hpp"

#include <algorithm>

namespace dragoman {

namespace {

bool better(const AnswerSpan& a, const AnswerSpan& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.first != b.first ? a.first < b.first : a.last < b.last;
}

}  // namespace

std::vector<AnswerSpan> best_spans(std::span<const float> starts, std::span<const float> ends,
                                   int max_length, size_t count) {
  std::vector<AnswerSpan> heap;
  const int tokens = static_cast<int>(starts.size());
  for (int first = 0; first < tokens; ++first) {
    const int end = std::min(tokens - first, max_length) + first;
    for (int last = first; last < end; ++last) {
      const AnswerSpan span{first, last,
                            starts[static_cast<size_t>(first)] * ends[static_cast<size_t>(last)]};
      if (heap.size() == count) {
        if (!better(span, heap.front())) continue;
        std::pop_heap(heap.begin(), heap.end(), better);
        heap.pop_back();
      }
      heap.push_back(span);
      std::push_heap(heap.begin(), heap.end(), better);
    }
  }
  std::sort_heap(heap.begin(), heap.end(), better);
  return heap;
}

}  // namespace dragoman
