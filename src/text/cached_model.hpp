// A token model that remembers the tokens of the words it met: text consists of few words, often
// repeated.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/model.hpp"

namespace dragoman {

/// Words and their tokens, of bounded size. When it is full it starts anew.
class WordCache {
 public:
  /// Longer words are seldom met twice.
  static constexpr size_t kMaxChars = 32;

  /// Appends the tokens of `word`; false when it is not here.
  bool find(std::u32string_view word, std::vector<ModelToken>& out);
  /// Remembers the tokens of a word that is not here.
  void put(std::u32string_view word, std::span<const ModelToken> tokens);

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t start = 0;  // in data_: the characters, then id, begin and end of each token
    uint16_t chars = 0;  // 0 is free
    uint16_t tokens = 0;
  };
  size_t slot_of(std::u32string_view word, uint32_t hash) const;
  void clear();

  std::vector<Slot> slots_;
  std::vector<uint32_t> data_;
  size_t used_ = 0;
};

/// Not thread-safe: the cache and the kinds' working memory change while words are cut.
class CachedModel : public TokenModel {
 public:
  void tokenize(std::u32string_view word, std::vector<ModelToken>& out) const final;

 protected:
  /// What `tokenize` does, without the cache. Tokens must depend on the word alone.
  virtual void compute(std::u32string_view word, std::vector<ModelToken>& out) const = 0;

 private:
  mutable WordCache cache_;
};

}  // namespace dragoman
