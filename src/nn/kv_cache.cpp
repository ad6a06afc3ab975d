// A counted tree of cache entries over storage that grows geometrically.
#include "nn/kv_cache.hpp"

#include <algorithm>
#include <cmath>

namespace dragoman {

namespace {
constexpr size_t kFirstCapacity = 64;
constexpr float kLevels = 127.0F;
constexpr float kSmallest = 1e-30F;    // smaller ranges are zero: reciprocals must be finite
constexpr float kMagic = 12582912.0F;  // added and taken away it rounds to whole numbers
}  // namespace

// Nothing is allocated before the first token: sessions that only encode are free.
KvCache::KvCache(int layers, int width, int head_dim)
    : keys_(static_cast<size_t>(layers)),
      values_(static_cast<size_t>(layers)),
      width_(width),
      head_dim_(head_dim) {}

void KvCache::resize(Rows& rows, size_t capacity) const {
  const size_t elements = capacity * static_cast<size_t>(width_);
  if (!is_int8()) return rows.floats.resize(elements);
  rows.bytes.resize(elements);
  rows.scales.resize(elements / static_cast<size_t>(head_dim_));
}

CachedRows KvCache::rows_of(const Rows& rows) const {
  if (is_int8()) return {rows.bytes.data(), rows.scales.data(), width_};
  return View<const float>(rows.floats.data(), static_cast<int>(entries_.size()), width_);
}

// Each head by its own range: what is read is value = scale * integer.
void KvCache::put_row(Rows& rows, int32_t entry, const float* from) const {
  const auto at = static_cast<size_t>(entry) * static_cast<size_t>(width_);
  if (!is_int8()) {
    std::copy_n(from, width_, rows.floats.data() + at);
    return;
  }
  int8_t* to = rows.bytes.data() + at;
  float* scale = rows.scales.data() + at / static_cast<size_t>(head_dim_);
  for (int first = 0; first < width_; first += head_dim_, ++scale) {
    float largest = 0.0F;
    for (int i = first; i < first + head_dim_; ++i) largest = std::max(largest, std::fabs(from[i]));
    const float inverse = largest > kSmallest ? kLevels / largest : 0.0F;
    *scale = largest / kLevels;
    for (int i = first; i < first + head_dim_; ++i) {
      to[i] = static_cast<int8_t>((from[i] * inverse + kMagic) - kMagic);
    }
  }
}

void KvCache::put(int layer, int32_t entry, const float* key, const float* value) {
  put_row(keys_[static_cast<size_t>(layer)], entry, key);
  put_row(values_[static_cast<size_t>(layer)], entry, value);
}

void KvCache::grow() {
  const size_t before = entries_.size();
  const size_t after = std::max(kFirstCapacity, before + before / 2);
  for (Rows& layer : keys_) resize(layer, after);
  for (Rows& layer : values_) resize(layer, after);
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

int32_t KvCache::ancestor(int32_t entry, int length) const {
  while (this->length(entry) > length) entry = entries_[static_cast<size_t>(entry)].parent;
  return entry;
}

void KvCache::history(int32_t entry, std::span<int32_t> out) const {
  // Entries know their parents only, so the list is written from its end.
  for (size_t i = out.size(); i-- > 0;) {
    out[i] = entry;
    entry = entries_[static_cast<size_t>(entry)].parent;
  }
}

View<float> KvCache::keys(int layer) {
  return {keys_[static_cast<size_t>(layer)].floats.data(), static_cast<int>(entries_.size()),
          width_};
}

View<float> KvCache::values(int layer) {
  return {values_[static_cast<size_t>(layer)].floats.data(), static_cast<int>(entries_.size()),
          width_};
}

size_t KvCache::bytes() const {
  const auto width = static_cast<size_t>(width_);
  const size_t scales = is_int8() ? width / static_cast<size_t>(head_dim_) : width;
  const size_t row = 2 * keys_.size() * (scales * sizeof(float) + (is_int8() ? width : 0));
  return entries_.size() * (row + sizeof(Entry));
}

}  // namespace dragoman
