// A vocabulary: token strings and their ids, both ways.
//
// Vocabularies have 10^4 to 10^6 entries and live as long as the model, so all strings lie in one
// buffer and the hash table holds 32-bit indices only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dragoman {

/// Not thread-safe while it is filled; constant afterwards.
class Vocab {
 public:
  /// Adds `token`, or gives it a new id when it is there already.
  void add(std::string_view token, int32_t id);

  /// Adds `token` with the next id, as the entries of a list have them. Of equal tokens the last
  /// one is found, but each keeps its id.
  void append(std::string_view token);

  /// Call once, after the last `add` and before `token`.
  void finish();

  /// Id of `token`, or -1.
  int32_t find(std::string_view token) const { return find(hash(token), {}, token); }

  /// Id of `prefix` followed by `rest`, whose joint hash the caller has; or -1.
  int32_t find(uint32_t hash, std::string_view prefix, std::string_view rest) const;

  /// The token of `id`. Where several share it, the one added last.
  std::optional<std::string_view> token(int32_t id) const;

  /// Number of entries.
  size_t size() const { return entries_.size(); }
  /// Number of different tokens.
  size_t distinct() const { return entries_.size() - repeated_; }
  /// Whether no two tokens share an id.
  bool has_distinct_ids() const;
  /// Bytes of the longest token.
  size_t max_token_bytes() const { return max_token_bytes_; }

  /// Calls `f(token, id)` in order of addition.
  template <typename F>
  void each(F f) const {
    for (const Entry& entry : entries_) f(text_of(entry), entry.id);
  }

  /// Every token that is not empty, with the id that is found for it: the keys of a trie.
  std::vector<std::pair<std::string_view, int32_t>> keys() const;

  /// FNV-1a, which can be continued from any prefix's hash.
  static constexpr uint32_t kHashStart = 2166136261u;
  static uint32_t hash(std::string_view text, uint32_t start = kHashStart) {
    for (const char c : text) start = (start ^ static_cast<uint8_t>(c)) * 16777619u;
    return start;
  }

 private:
  // A string inside text_; views into it last until the next add.
  struct Entry {
    uint32_t start;
    uint32_t length;
    int32_t id;
  };
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(text_).substr(entry.start, entry.length);
  }
  size_t slot_of(uint32_t hash, std::string_view prefix, std::string_view rest) const;
  void grow();
  // The slot for `token`, after making room.
  size_t place_of(std::string_view token);
  void push(std::string_view token, int32_t id, size_t slot);

  std::string text_;
  std::vector<Entry> entries_;
  std::vector<uint32_t> table_;  // entry index + 1; 0 is free
  std::vector<uint32_t> by_id_;  // entries in order of id
  size_t max_token_bytes_ = 0;
  size_t repeated_ = 0;  // entries equal to an earlier one
};

}  // namespace dragoman
