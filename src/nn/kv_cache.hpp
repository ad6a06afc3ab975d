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

#include "kernels/attention.hpp"
#include "tensor/view.hpp"

namespace dragoman {

class KvCache {
 public:
  /// @param width     elements of a key (and of a value) of one layer
  /// @param head_dim  where not 0, keys and values are held as int8, with a scale for so many
  KvCache(int layers, int width, int head_dim = 0);

  /// A new entry after `parent` (-1: the first of a history), held by the caller until drop().
  int32_t extend(int32_t parent);
  /// One more holder of `entry`, who drops it as well.
  void hold(int32_t entry) { ++entries_[static_cast<size_t>(entry)].references; }
  /// The entry of the same history that has `length` tokens.
  int32_t ancestor(int32_t entry, int length) const;
  /// The caller no longer needs `entry`: it is freed with every ancestor nothing else descends
  /// from.
  void drop(int32_t entry);

  /// Tokens up to and including `entry`.
  int length(int32_t entry) const { return entries_[static_cast<size_t>(entry)].length; }
  /// Writes the entries of a history, oldest first. @param out  [length(entry)]
  void history(int32_t entry, std::span<int32_t> out) const;

  /// Keys and values of f32, [capacity, width]; views hold until the next extend().
  View<float> keys(int layer);
  View<float> values(int layer);
  /// The same of either kind, to be read.
  CachedRows key_rows(int layer) { return rows_of(keys_[static_cast<size_t>(layer)]); }
  CachedRows value_rows(int layer) { return rows_of(values_[static_cast<size_t>(layer)]); }
  /// Writes an entry's key and value, of int8 rounded. @param key, value  [width]
  void put(int layer, int32_t entry, const float* key, const float* value);
  bool is_int8() const { return head_dim_ > 0; }

  int live_entries() const { return live_; }
  size_t bytes() const;

 private:
  struct Entry {
    int32_t parent = -1;     // of a free entry: the next free one
    int32_t references = 0;  // children and holders
    int32_t length = 0;
  };
  struct Rows {
    std::vector<float> floats;  // [capacity, width], or
    std::vector<int8_t> bytes;  // [capacity, width], and
    std::vector<float> scales;  // [capacity, width / head_dim]
  };
  void grow();
  void resize(Rows& rows, size_t capacity) const;
  CachedRows rows_of(const Rows& rows) const;
  void put_row(Rows& rows, int32_t entry, const float* from) const;

  std::vector<Entry> entries_;
  std::vector<Rows> keys_;  // per layer
  std::vector<Rows> values_;
  int width_;
  int head_dim_;
  int32_t free_ = -1;
  int live_ = 0;
};

}  // namespace dragoman
