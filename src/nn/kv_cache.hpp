// Keys and values of decoded tokens, kept as a tree of entries.
//
// An entry is one token of one hypothesis in every layer; its parent is the token before. When
// beams are reordered a new entry merely names another parent: no key or value is ever copied.
// Entries are counted, and one that no live row descends from is free for reuse at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tensor/view.hpp"

namespace dragoman {

class KvCache {
 public:
  /// @param width  elements of a key (and of a value) of one layer
  KvCache(int layers, int width);

  /// A new entry after `parent` (-1: the first of a history), held by the caller until drop().
  int32_t extend(int32_t parent);
  /// The caller no longer needs `entry`: it is freed with every ancestor nothing else descends
  /// from.
  void drop(int32_t entry);

  /// Tokens up to and including `entry`.
  int length(int32_t entry) const { return entries_[static_cast<size_t>(entry)].length; }
  /// Writes the entries of a history, oldest first. @param out  [length(entry)]
  void history(int32_t entry, std::span<int32_t> out) const;

  /// [capacity, width]; views hold until the next extend().
  View<float> keys(int layer);
  View<float> values(int layer);

  int live_entries() const { return live_; }
  size_t bytes() const;

 private:
  struct Entry {
    int32_t parent = -1;     // of a free entry: the next free one
    int32_t references = 0;  // children and holders
    int32_t length = 0;
  };
  void grow();

  std::vector<Entry> entries_;
  std::vector<std::vector<float>> keys_;  // per layer
  std::vector<std::vector<float>> values_;
  int width_;
  int32_t free_ = -1;
  int live_ = 0;
};

}  // namespace dragoman
