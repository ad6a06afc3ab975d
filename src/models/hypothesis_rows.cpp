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

// Of a row that is not chained.
size_t HypothesisRows::tokens_before(const DecodeRow& row, int32_t root) const {
  if (row.parent < 0) return root < 0 ? 0 : static_cast<size_t>(cache_.length(root));
  if (static_cast<size_t>(row.parent) >= rows_.size()) {
    misuse("A row extends row " + std::to_string(row.parent) + " of " +
           std::to_string(rows_.size()) + ".");
  }
  const LiveRow& parent = rows_[static_cast<size_t>(row.parent)];
  if (parent.source != row.source || parent.entry < 0) {
    misuse("A row of source " + std::to_string(row.source) + " extends one of another source.");
  }
  return static_cast<size_t>(cache_.length(parent.entry));
}

void HypothesisRows::check(std::span<const DecodeRow> rows, std::span<const int32_t> roots,
                           int max_positions) const {
  size_t length = 0;  // of the row in front, itself included
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].chained) {
      length = tokens_before(rows[i], roots[i]);
    } else if (i == 0 || rows[i - 1].source != rows[i].source) {
      misuse("A row of source " + std::to_string(rows[i].source) +
             " is chained to none of its source.");
    }
    check_length(++length, max_positions);
  }
}

// New rows take hold of their parents before the old rows let go, so what is shared survives.
void HypothesisRows::advance(std::span<const DecodeRow> rows, std::span<const int32_t> roots) {
  next_rows_.clear();
  for (size_t i = 0; i < rows.size(); ++i) {
    const DecodeRow& row = rows[i];
    int32_t parent = roots[i];
    if (row.chained) {
      parent = next_rows_.back().entry;
    } else if (row.parent >= 0) {
      parent = rows_[static_cast<size_t>(row.parent)].entry;
    }
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
