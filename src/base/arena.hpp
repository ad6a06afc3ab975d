// Scratch memory that is reset, not freed: activations of one step live here.
//
// Blocks are kept between resets, so after the first steps of a given size no step allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dragoman {

class Arena {
 public:
  static constexpr size_t kAlignment = 64;  // a cache line, and one k-group of a packed panel

  /// Uninitialised room for `count` values, valid until the mark it was taken under is released.
  template <typename T>
  std::span<T> take(size_t count) {
    return {static_cast<T*>(take_bytes(count * sizeof(T))), count};
  }

  struct Mark {
    size_t block = 0;
    size_t used = 0;
  };
  Mark mark() const { return position_; }
  /// Forgets everything taken since `mark`; its memory is reused.
  void release(Mark mark) { position_ = mark; }
  void reset() { position_ = {}; }
  /// Gives the blocks back to the system.
  void shrink();
  size_t bytes_reserved() const;

 private:
  void* take_bytes(size_t bytes);
  struct Block {
    std::unique_ptr<std::byte[]> storage;
    std::byte* begin = nullptr;  // aligned
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  Mark position_;
};

/// Releases, at the end of a scope, what the scope took.
class ArenaScope {
 public:
  explicit ArenaScope(Arena& arena) : arena_(arena), mark_(arena.mark()) {}
  ~ArenaScope() { arena_.release(mark_); }
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;

 private:
  Arena& arena_;
  Arena::Mark mark_;
};

}  // namespace dragoman
