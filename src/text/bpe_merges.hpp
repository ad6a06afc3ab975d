// The merges of a BPE model: which two neighbouring tokens become which one, and in what order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dragoman {

class MergeTable {
 public:
  /// Adds the next merge. Of two merges of the same pair the later one counts.
  /// Throws tokenizer-format for the 16777215th.
  void add(int32_t left, int32_t right, int32_t id);
  /// Rank of the merge of the pair, counted from the first one added, or -1.
  int32_t find(int32_t left, int32_t right) const;
  /// What the merge of this rank makes.
  int32_t result(int32_t rank) const { return merges_[static_cast<size_t>(rank)].id; }

 private:
  struct Merge {
    int32_t left;
    int32_t right;
    int32_t id;
  };
  size_t slot_of(int32_t left, int32_t right, uint64_t hash) const;
  void put(size_t rank);
  void grow();

  std::vector<Merge> merges_;    // by rank
  std::vector<uint32_t> table_;  // eight bits of the hash, then rank + 1; 0 is free
};

/// Pairs of characters; asks whether a pair is among them.
class CharPairs {
 public:
  void add(char32_t left, char32_t right) { pairs_.push_back(key(left, right)); }
  /// Call once, after the last `add`.
  void finish();
  bool contains(char32_t left, char32_t right) const;

 private:
  static uint64_t key(char32_t left, char32_t right) { return uint64_t{left} << 32 | right; }
  std::vector<uint64_t> pairs_;  // sorted
};

/// One word on its way from characters to tokens.
class MergedWord {
 public:
  struct Symbol {
    int32_t id;
    uint32_t bytes;  // of the word; 0 when the symbol has become part of the one before it
    int32_t prev;
    int32_t next;
  };
  void clear() { symbols_.clear(); }
  void add(int32_t id, uint32_t bytes);
  /// Carries out merges, lowest rank first and leftmost of equal ones, until none is left.
  /// A heap of candidates: n log n for a word of any length.
  void merge(const MergeTable& merges);
  const std::vector<Symbol>& symbols() const { return symbols_; }

 private:
  bool propose(const MergeTable& merges, int32_t left);
  Symbol& at(int32_t index) { return symbols_[static_cast<size_t>(index)]; }

  std::vector<Symbol> symbols_;
  std::vector<uint64_t> agenda_;  // rank << 32 | position of the left symbol
};

}  // namespace dragoman
