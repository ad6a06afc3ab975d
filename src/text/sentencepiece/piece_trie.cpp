// Building and walking the trie.
#include "text/sentencepiece/piece_trie.hpp"

#include <algorithm>
#include <cstddef>

namespace dragoman {

void PieceTrie::build(std::vector<std::pair<std::string_view, int32_t>> keys) {
  std::sort(keys.begin(), keys.end());
  // The keys below a node are a range of the sorted list that agrees in `depth` bytes.
  struct Range {
    uint32_t low;
    uint32_t high;
    uint32_t depth;
  };
  std::vector<Range> ranges{{0, static_cast<uint32_t>(keys.size()), 0}};
  labels_.assign(1, 0);
  values_.clear();
  first_child_.clear();
  for (size_t node = 0; node < ranges.size(); ++node) {
    Range range = ranges[node];
    first_child_.push_back(static_cast<uint32_t>(ranges.size()));
    int32_t value = -1;
    if (range.low < range.high && keys[range.low].first.size() == range.depth) {
      value = keys[range.low++].second;
    }
    values_.push_back(value);
    while (range.low < range.high) {
      const char label = keys[range.low].first[range.depth];
      uint32_t end = range.low + 1;
      while (end < range.high && keys[end].first[range.depth] == label) ++end;
      ranges.push_back({range.low, end, range.depth + 1});
      labels_.push_back(static_cast<uint8_t>(label));
      range.low = end;
    }
  }
  first_child_.push_back(static_cast<uint32_t>(ranges.size()));
  // Node 0 is the root itself, so 0 can mean none.
  root_.assign(256, 0);
  for (uint32_t child = first_child_[0]; child < first_child_[1]; ++child) {
    root_[labels_[child]] = child;
  }
}

size_t PieceTrie::longest_prefix(std::string_view text, int limit) const {
  size_t longest = 0;
  uint32_t node = kRoot;
  for (size_t i = 0; i < text.size() && limit > 0; ++i) {
    if (!step(node, static_cast<uint8_t>(text[i]))) break;
    if (values_[node] < 0) continue;
    longest = i + 1;
    --limit;
  }
  return longest;
}

}  // namespace dragoman
