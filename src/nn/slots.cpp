// Which names of a file go where, and which of them came.
#include "nn/slots.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "kernels/packing.hpp"
#include "nn/weight_rows.hpp"

namespace dragoman {

namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
  return name == pattern;
}

}  // namespace

void Slot::put_row_int4(int row, std::span<const int8_t> values, std::span<const float> scales) {
  check_row_size(row, scales.size(), int4_scales(values.size()));
  std::vector<float> floats(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    floats[i] = static_cast<float>(values[i]) * scales[i / kInt4Inputs];
  }
  put_row(row, floats);
}

void SlotTable::add(std::string name, Slot* slot) {
  const size_t order = entries_.size();
  entries_.insert_or_assign(std::move(name), Entry{.slot = slot, .required = true, .order = order});
}

void SlotTable::optional(std::string name) {
  const auto found = entries_.find(name);
  if (found != entries_.end()) found->second.required = false;
}

void SlotTable::ignore(std::string pattern) {
  ignored_.push_back(std::move(pattern));
}

Slot* SlotTable::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.slot;
}

bool SlotTable::ignored(std::string_view name) const {
  return std::any_of(ignored_.begin(), ignored_.end(),
                     [name](const std::string& pattern) { return matches(pattern, name); });
}

void SlotTable::mark_filled(std::string_view name) {
  if (Slot* slot = find(name)) filled_.try_emplace(slot, name);
}

bool SlotTable::filled(std::string_view name) const {
  Slot* slot = find(name);
  return slot != nullptr && filled_.contains(slot);
}

// By the order of their first add(); names that share a slot give it once.
std::vector<Slot*> SlotTable::slots_in_order() const {
  std::vector<std::pair<size_t, Slot*>> entries;
  entries.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) entries.emplace_back(entry.order, entry.slot);
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Slot*> slots;
  std::set<const Slot*> seen;
  for (const auto& [order, slot] : entries) {
    if (seen.insert(slot).second) slots.push_back(slot);
  }
  return slots;
}

std::vector<SlotTable::Filled> SlotTable::filled_slots() const {
  std::vector<Filled> result;
  for (Slot* slot : slots_in_order()) {
    const auto found = filled_.find(slot);
    if (found != filled_.end()) result.push_back({found->second, slot});
  }
  return result;
}

std::vector<Region> SlotTable::regions() const {
  std::vector<Region> listed;
  for (Slot* slot : slots_in_order()) slot->list_regions(listed);
  // Fused matrices have several slots, each of which names the whole of them.
  std::vector<Region> regions;
  std::set<const uint8_t*> seen;
  for (const Region region : listed) {
    if (!region.empty() && seen.insert(region.data()).second) regions.push_back(region);
  }
  return regions;
}

void SlotTable::mark_all_filled() {
  for (const auto& [name, entry] : entries_) filled_.try_emplace(entry.slot, name);
}

void SlotTable::check_complete(const std::string& file) const {
  // A slot is owed when nothing filled it and none of its names may be left out.
  std::map<const Slot*, const std::pair<const std::string, Entry>*> owed;
  for (const auto& entry : entries_) {
    const auto [place, is_new] = owed.try_emplace(entry.second.slot, &entry);
    if (!is_new && entry.second.order < place->second->second.order) place->second = &entry;
  }
  for (const auto& [name, entry] : entries_) {
    if (!entry.required || filled_.contains(entry.slot)) owed.erase(entry.slot);
  }
  if (owed.empty()) return;
  std::vector<std::pair<size_t, std::string>> names;
  names.reserve(owed.size());
  for (const auto& [slot, entry] : owed) names.emplace_back(entry->second.order, entry->first);
  std::sort(names.begin(), names.end());
  std::string list;
  for (const auto& [order, name] : names) list += (list.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::kModelIncomplete, file + " lacks " + std::to_string(names.size()) +
                                               (names.size() == 1 ? " tensor: " : " tensors: ") +
                                               list + ".");
}

}  // namespace dragoman
