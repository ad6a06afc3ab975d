// A counted tree of cache entries over storage that grows geometrically.
#include "nn/kv_cache.hpp"

#include <algorithm>

namespace dragoman {

namespace {
constexpr size_t kFirstCapacity = 64;
}

// Nothing is allocated before the first token: sessions that only encode are free.
KvCache::KvCache(int layers, int width)
    : keys_(static_cast<size_t>(layers)), values_(static_cast<size_t>(layers)), width_(width) {}

void KvCache::grow() {
  const size_t before = entries_.size();
  const size_t after = std::max(kFirstCapacity, before + before / 2);
  const size_t floats = after * static_cast<size_t>(width_);
  for (auto& layer : keys_) layer.resize(floats);
  for (auto& layer : values_) layer.resize(floats);
  entries_.resize(after);  // last: should memory run out above, the old capacity stays valid
  // Low indices first, so that a history tends to lie in rising addresses.
  for (size_t i = after; i-- > before;) {
    entries_[i].parent = free_;
    free_ = static_cast<int32_t>(i);
  }
}

int32_t KvCache::extend(int32_t parent) {
  if (free_ < 0) grow();
  const int32_t index = free_;
  Entry& entry = entries_[static_cast<size_t>(index)];
  free_ = entry.parent;
  entry = {.parent = parent, .references = 1, .length = 1};
  if (parent >= 0) {
    Entry& before = entries_[static_cast<size_t>(parent)];
    ++before.references;
    entry.length = before.length + 1;
  }
  ++live_;
  return index;
}

void KvCache::drop(int32_t entry) {
  while (entry >= 0) {
    Entry& current = entries_[static_cast<size_t>(entry)];
    if (--current.references > 0) return;  // and so does everything above it
    const int32_t parent = current.parent;
    current.parent = free_;
    free_ = entry;
    --live_;
    entry = parent;
  }
}

void KvCache::history(int32_t entry, std::span<int32_t> out) const {
  // Entries know their parents only, so the list is written from its end.
  for (size_t i = out.size(); i-- > 0;) {
    out[i] = entry;
    entry = entries_[static_cast<size_t>(entry)].parent;
  }
}

View<float> KvCache::keys(int layer) {
  return {keys_[static_cast<size_t>(layer)].data(), static_cast<int>(entries_.size()), width_};
}

View<float> KvCache::values(int layer) {
  return {values_[static_cast<size_t>(layer)].data(), static_cast<int>(entries_.size()), width_};
}

size_t KvCache::bytes() const {
  const size_t row = 2 * keys_.size() * static_cast<size_t>(width_) * sizeof(float);
  return entries_.size() * (row + sizeof(Entry));
}

}  // namespace dragoman
