// Bookkeeping only: no arithmetic of a model is here.
#include "models/hypothesis_rows.hpp"

#include <string>

#include "base/error.hpp"
#include "models/inputs.hpp"

namespace dragoman {

namespace {

[[noreturn]] void misuse(const std::string& what) {
  throw Error(ErrorCode::kInternal, what);
}

}  // namespace

void HypothesisRows::check(const DecodeRow& row, int prefix, int max_positions) const {
  auto before = static_cast<size_t>(prefix);
  if (row.parent >= 0) {
    if (static_cast<size_t>(row.parent) >= rows_.size()) {
      misuse("A row extends row " + std::to_string(row.parent) + " of " +
             std::to_string(rows_.size()) + ".");
    }
    const LiveRow& parent = rows_[static_cast<size_t>(row.parent)];
    if (parent.source != row.source || parent.entry < 0) {
      misuse("A row of source " + std::to_string(row.source) + " extends one of another source.");
    }
    before = static_cast<size_t>(cache_.length(parent.entry));
  }
  check_length(before + 1, max_positions);
}

// New rows take hold of their parents before the old rows let go, so what is shared survives.
void HypothesisRows::advance(std::span<const DecodeRow> rows, std::span<const int32_t> roots) {
  next_rows_.clear();
  for (size_t i = 0; i < rows.size(); ++i) {
    const DecodeRow& row = rows[i];
    const int32_t parent = row.parent < 0 ? roots[i] : rows_[static_cast<size_t>(row.parent)].entry;
    next_rows_.push_back({row.source, cache_.extend(parent)});
  }
  for (const LiveRow& row : rows_) cache_.drop(row.entry);
  rows_.swap(next_rows_);
}

std::span<const std::span<const int32_t>> HypothesisRows::histories(const Context& context) {
  histories_.clear();
  for (const LiveRow& row : rows_) {
    const auto length = static_cast<size_t>(cache_.length(row.entry));
    const std::span<int32_t> entries = context.arena.take<int32_t>(length);
    cache_.history(row.entry, entries);
    histories_.push_back(entries);
  }
  return histories_;
}

int32_t HypothesisRows::only_entry(int32_t source) const {
  int32_t found = -1;
  for (const LiveRow& row : rows_) {
    if (row.source != source) continue;
    if (found >= 0) return -1;
    found = row.entry;
  }
  return found;
}

void HypothesisRows::drop(int32_t source) {
  for (LiveRow& row : rows_) {
    if (row.source != source) continue;
    cache_.drop(row.entry);
    row.entry = -1;
  }
}

}  // namespace dragoman
