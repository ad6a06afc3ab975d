// Open addressing over entries whose strings share one buffer.
#include "text/vocab.hpp"

#include <algorithm>

namespace dragoman {

namespace {

// FNV's low bits alone cluster for short keys.
uint32_t spread(uint32_t hash) {
  hash ^= hash >> 16;
  hash *= 0x85EBCA6Bu;
  return hash ^ (hash >> 13);
}

}  // namespace

// The slot that holds `prefix` + `rest`, or the free one where it belongs. Comparing in two parts
// spares WordPiece from joining strings at every attempt.
size_t Vocab::slot_of(uint32_t hash, std::string_view prefix, std::string_view rest) const {
  const size_t mask = table_.size() - 1;
  size_t slot = spread(hash) & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    const std::string_view text = text_of(entries_[table_[slot] - 1]);
    if (text.size() == prefix.size() + rest.size() && text.starts_with(prefix) &&
        text.substr(prefix.size()) == rest) {
      break;
    }
  }
  return slot;
}

// Half full at most: probes stay short.
void Vocab::grow() {
  const size_t size = table_.empty() ? 64 : table_.size() * 2;
  table_.assign(size, 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view text = text_of(entries_[i]);
    table_[slot_of(hash(text), {}, text)] = static_cast<uint32_t>(i + 1);
  }
}

size_t Vocab::place_of(std::string_view token) {
  if ((entries_.size() + 1) * 2 > table_.size()) grow();
  return slot_of(hash(token), {}, token);
}

void Vocab::push(std::string_view token, int32_t id, size_t slot) {
  entries_.push_back(
      {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(token.size()), id});
  text_.append(token);
  table_[slot] = static_cast<uint32_t>(entries_.size());
  max_token_bytes_ = std::max(max_token_bytes_, token.size());
}

void Vocab::add(std::string_view token, int32_t id) {
  const size_t slot = place_of(token);
  if (table_[slot] != 0) {
    entries_[table_[slot] - 1].id = id;
  } else {
    push(token, id, slot);
  }
}

void Vocab::append(std::string_view token) {
  const size_t slot = place_of(token);
  if (table_[slot] != 0) ++repeated_;
  push(token, static_cast<int32_t>(entries_.size()), slot);
}

// Sorting rather than indexing by id: files may have any ids up to 2^31.
void Vocab::finish() {
  by_id_.resize(entries_.size());
  for (size_t i = 0; i < by_id_.size(); ++i) by_id_[i] = static_cast<uint32_t>(i);
  std::stable_sort(by_id_.begin(), by_id_.end(),
                   [this](uint32_t a, uint32_t b) { return entries_[a].id < entries_[b].id; });
  text_.shrink_to_fit();
  entries_.shrink_to_fit();
}

bool Vocab::has_distinct_ids() const {
  return std::adjacent_find(by_id_.begin(), by_id_.end(), [this](uint32_t a, uint32_t b) {
           return entries_[a].id == entries_[b].id;
         }) == by_id_.end();
}

std::vector<std::pair<std::string_view, int32_t>> Vocab::keys() const {
  std::vector<std::pair<std::string_view, int32_t>> keys;
  keys.reserve(size());
  // Of equal tokens the last one counts.
  each([&](std::string_view token, int32_t id) {
    if (!token.empty() && find(token) == id) keys.emplace_back(token, id);
  });
  return keys;
}

int32_t Vocab::find(uint32_t hash, std::string_view prefix, std::string_view rest) const {
  if (table_.empty()) return -1;
  const size_t slot = slot_of(hash, prefix, rest);
  return table_[slot] == 0 ? -1 : entries_[table_[slot] - 1].id;
}

std::optional<std::string_view> Vocab::token(int32_t id) const {
  const auto after = std::upper_bound(
      by_id_.begin(), by_id_.end(), id,
      [this](int32_t wanted, uint32_t index) { return wanted < entries_[index].id; });
  if (after == by_id_.begin() || entries_[*(after - 1)].id != id) return std::nullopt;
  return text_of(entries_[*(after - 1)]);
}

}  // namespace dragoman
