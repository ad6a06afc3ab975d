// Open addressing over pairs, and the heap of candidates.
#include "text/bpe_merges.hpp"

#include <algorithm>
#include <functional>

#include "base/error.hpp"

namespace dragoman {

namespace {

constexpr uint32_t kRank = 0xFFFFFF;  // of a slot

uint64_t hash_of(int32_t left, int32_t right) {
  const uint64_t key = uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  return key * 0x9E3779B97F4A7C15u >> 24;
}

uint32_t tag_of(uint64_t hash) {
  return static_cast<uint32_t>(hash) << 24;
}

}  // namespace

// The slot that holds the pair, or the free one where it belongs. What is no merge is mostly told
// by the bits in the table: the merges lie far apart in memory.
size_t MergeTable::slot_of(int32_t left, int32_t right, uint64_t hash) const {
  const size_t mask = table_.size() - 1;
  size_t slot = static_cast<size_t>(hash >> 8) & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    if ((table_[slot] & ~kRank) != tag_of(hash)) continue;
    const Merge& merge = merges_[(table_[slot] & kRank) - 1];
    if (merge.left == left && merge.right == right) break;
  }
  return slot;
}

void MergeTable::put(size_t rank) {
  const Merge& merge = merges_[rank];
  const uint64_t hash = hash_of(merge.left, merge.right);
  table_[slot_of(merge.left, merge.right, hash)] = tag_of(hash) | static_cast<uint32_t>(rank + 1);
}

// Half full at most: most pairs that are asked for are no merges, and free slots say so.
void MergeTable::grow() {
  table_.assign(table_.empty() ? 64 : table_.size() * 2, 0);
  for (size_t i = 0; i < merges_.size(); ++i) put(i);
}

void MergeTable::add(int32_t left, int32_t right, int32_t id) {
  if (merges_.size() == kRank - 1) {
    throw Error(ErrorCode::kTokenizerFormat, "A tokenizer has more than 16777214 merges.");
  }
  if ((merges_.size() + 1) * 2 > table_.size()) grow();
  merges_.push_back({left, right, id});
  put(merges_.size() - 1);
}

int32_t MergeTable::find(int32_t left, int32_t right) const {
  if (table_.empty()) return -1;
  const uint64_t hash = hash_of(left, right);
  return static_cast<int32_t>(table_[slot_of(left, right, hash)] & kRank) - 1;
}

void CharPairs::finish() {
  std::sort(pairs_.begin(), pairs_.end());
  pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
  pairs_.shrink_to_fit();
}

bool CharPairs::contains(char32_t left, char32_t right) const {
  return std::binary_search(pairs_.begin(), pairs_.end(), key(left, right));
}

void MergedWord::add(int32_t id, uint32_t bytes) {
  const auto index = static_cast<int32_t>(symbols_.size());
  if (index > 0) symbols_.back().next = index;
  symbols_.push_back({id, bytes, index - 1, -1});
}

// Appends the pair that begins at `left` to the agenda if it merges.
bool MergedWord::propose(const MergeTable& merges, int32_t left) {
  if (left < 0 || at(left).next < 0) return false;
  const int32_t rank = merges.find(at(left).id, at(at(left).next).id);
  if (rank < 0) return false;
  agenda_.push_back(uint64_t{static_cast<uint32_t>(rank)} << 32 | static_cast<uint32_t>(left));
  return true;
}

void MergedWord::merge(const MergeTable& merges) {
  const auto first = std::greater<uint64_t>();
  agenda_.clear();
  for (size_t i = 0; i < symbols_.size(); ++i) propose(merges, static_cast<int32_t>(i));
  std::make_heap(agenda_.begin(), agenda_.end(), first);
  while (!agenda_.empty()) {
    std::pop_heap(agenda_.begin(), agenda_.end(), first);
    const auto position = static_cast<int32_t>(agenda_.back() & 0xFFFFFFFFu);
    const int32_t id = merges.result(static_cast<int32_t>(agenda_.back() >> 32));
    agenda_.pop_back();
    Symbol& left = at(position);
    if (left.bytes == 0 || left.next < 0) continue;
    Symbol& right = at(left.next);
    // Stale, unless what stands here now merges to the same token: the reference's rule.
    const int32_t rank = merges.find(left.id, right.id);
    if (rank < 0 || merges.result(rank) != id) continue;
    left.id = id;
    left.bytes += right.bytes;
    left.next = right.next;
    right.bytes = 0;
    if (left.next >= 0) at(left.next).prev = position;
    for (const int32_t begin : {left.prev, position}) {
      if (propose(merges, begin)) std::push_heap(agenda_.begin(), agenda_.end(), first);
    }
  }
}

}  // namespace dragoman
