// A byte trie over the pieces of a SentencePiece model.
//
// Nodes lie in breadth-first order, so the children of a node are neighbours and one number per
// node tells where they begin; labels of siblings are sorted. Nine bytes a node.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace dragoman {

class PieceTrie {
 public:
  static constexpr uint32_t kRoot = 0;

  /// Builds from distinct, non-empty keys with values >= 0.
  void build(std::vector<std::pair<std::string_view, int32_t>> keys);
  bool empty() const { return labels_.size() <= 1; }

  /// Moves `node` to its child under `byte`; false when there is none.
  bool step(uint32_t& node, uint8_t byte) const {
    if (node == kRoot) {
      // The root has up to 256 children and is visited at every position: a table of its own.
      node = root_.empty() ? 0 : root_[byte];
      return node != 0;
    }
    // Few have more than a handful.
    uint32_t low = first_child_[node];
    uint32_t high = first_child_[node + 1];
    while (high - low > 8) {
      const uint32_t middle = low + (high - low) / 2;
      (labels_[middle] <= byte ? low : high) = middle;
    }
    while (low < high && labels_[low] != byte) ++low;
    if (low == high) return false;
    node = low;
    return true;
  }
  /// Value of the key that ends at `node`, or -1.
  int32_t value(uint32_t node) const { return values_[node]; }

  /// Bytes of the longest key that begins `text`; 0 when none does. Of more than `limit` such keys
  /// the longer ones are not seen.
  size_t longest_prefix(std::string_view text, int limit) const;

 private:
  std::vector<uint8_t> labels_;
  std::vector<uint32_t> first_child_;  // one more than nodes
  std::vector<int32_t> values_;
  std::vector<uint32_t> root_;  // child of the root per byte; 0 for none
};

}  // namespace dragoman
