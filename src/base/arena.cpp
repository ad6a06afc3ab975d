// A bump allocator over blocks that grow geometrically.
#include "base/arena.hpp"

#include <algorithm>

namespace dragoman {

namespace {
constexpr size_t kFirstBlock = size_t{64} << 10;
}

void* Arena::take_bytes(size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  while (position_.block < blocks_.size() &&
         blocks_[position_.block].size - position_.used < bytes) {
    ++position_.block;
    position_.used = 0;
  }
  if (position_.block == blocks_.size()) {
    // A quarter of what is held: few blocks, yet little waste beyond the peak need.
    const size_t size = std::max({bytes, kFirstBlock, bytes_reserved() / 4});
    Block block;
    block.storage = std::make_unique_for_overwrite<std::byte[]>(size + kAlignment);
    const auto address = reinterpret_cast<uintptr_t>(block.storage.get());
    block.begin = block.storage.get() + (kAlignment - address % kAlignment) % kAlignment;
    block.size = size;
    blocks_.push_back(std::move(block));
    position_.used = 0;
  }
  std::byte* result = blocks_[position_.block].begin + position_.used;
  position_.used += bytes;
  return result;
}

void Arena::shrink() {
  blocks_.clear();
  position_ = {};
}

size_t Arena::bytes_reserved() const {
  size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  return total;
}

}  // namespace dragoman
