// Open addressing over words that lie with their tokens in one buffer.
#include "text/cached_model.hpp"

#include <cstring>

namespace dragoman {

namespace {

constexpr size_t kSlots = 1u << 14;
constexpr size_t kMaxWords = kSlots * 3 / 4;
constexpr size_t kMaxData = 1u << 19;  // numbers of 32 bits: 2 MB

uint32_t hash_of(std::u32string_view word) {
  uint32_t hash = 2166136261u;
  for (const char32_t c : word) hash = (hash ^ static_cast<uint32_t>(c)) * 16777619u;
  return hash ^ (hash >> 15);
}

}  // namespace

// The slot that holds `word`, or the free one where it belongs.
size_t WordCache::slot_of(std::u32string_view word, uint32_t hash) const {
  size_t slot = hash % kSlots;
  for (; slots_[slot].chars != 0; slot = (slot + 1) % kSlots) {
    const Slot& entry = slots_[slot];
    if (entry.hash != hash || entry.chars != word.size()) continue;
    if (std::memcmp(word.data(), data_.data() + entry.start, word.size() * sizeof(char32_t)) == 0) {
      break;
    }
  }
  return slot;
}

bool WordCache::find(std::u32string_view word, std::vector<ModelToken>& out) {
  if (slots_.empty()) clear();
  const Slot& slot = slots_[slot_of(word, hash_of(word))];
  if (slot.chars == 0) return false;
  const uint32_t* from = data_.data() + slot.start + slot.chars;
  for (uint32_t i = 0; i < slot.tokens; ++i, from += 3) {
    out.push_back({static_cast<int32_t>(from[0]), from[1], from[2]});
  }
  return true;
}

void WordCache::put(std::u32string_view word, std::span<const ModelToken> tokens) {
  if (used_ >= kMaxWords || data_.size() >= kMaxData) clear();
  const uint32_t hash = hash_of(word);
  const size_t slot = slot_of(word, hash);
  slots_[slot] = {hash, static_cast<uint32_t>(data_.size()), static_cast<uint16_t>(word.size()),
                  static_cast<uint16_t>(tokens.size())};
  data_.insert(data_.end(), word.begin(), word.end());
  for (const ModelToken& token : tokens) {
    data_.insert(data_.end(), {static_cast<uint32_t>(token.id), token.begin, token.end});
  }
  ++used_;
}

void WordCache::clear() {
  slots_.assign(kSlots, {});
  data_.clear();
  used_ = 0;
}

void CachedModel::tokenize(std::u32string_view word, std::vector<ModelToken>& out) const {
  if (word.empty()) return;
  if (word.size() > WordCache::kMaxChars) return compute(word, out);
  if (cache_.find(word, out)) return;
  const size_t first = out.size();
  compute(word, out);
  cache_.put(word, std::span(out).subspan(first));
}

}  // namespace dragoman
