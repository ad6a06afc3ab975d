// Views of storages, cut into rows as their bytes arrive.
#include "formats/torch_storages.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dragoman {

TorchStorages::TorchStorages(std::string file, SlotTable& slots)
    : file_(std::move(file)), rows_(file_, slots) {}

void TorchStorages::plan(const Pickle& pickle) {
  state_ = read_torch_state(pickle, file_);
  std::vector<TensorEntry> entries;
  entries.reserve(state_.tensors.size());
  for (const TorchTensor& tensor : state_.tensors) entries.push_back(tensor.entry);
  rows_.plan(std::move(entries));
  for (size_t i = 0; i < rows_.size(); ++i) {
    // Tied tensors usually are one and the same.
    const std::optional<size_t> twin = rows_[i].twin;
    if (twin && state_.tensors[i].same_view(state_.tensors[*twin])) rows_.skip(i);
  }
  for (size_t i = 0; i < state_.storages.size(); ++i) places_.emplace(state_.storages[i].key, i);
  came_.resize(state_.storages.size());
}

uint64_t TorchStorages::begin(std::string_view key) {
  const auto place = places_.find(key);
  if (place == places_.end()) {
    throw Error(ErrorCode::kModelFormat, file_ + " has a storage that no tensor uses.");
  }
  current_ = place->second;
  const TorchStorage& storage = state_.storages[current_];
  if (came_[current_]) {
    throw Error(ErrorCode::kModelFormat, file_ + " has its storage " + storage.key + " twice.");
  }
  came_[current_] = true;
  position_ = 0;
  const uint64_t width = storage.type->bits / 8;
  for (size_t i = 0; i < state_.tensors.size(); ++i) {
    const TorchTensor& tensor = state_.tensors[i];
    if (tensor.storage != current_ || rows_[i].purpose == Purpose::kSkip) continue;
    views_.push_back({.tensor = i,
                      .begin = tensor.offset * width,
                      .end = tensor.reach() * width,
                      .dense = tensor.is_dense(),
                      .bytes = {}});
  }
  return storage.bytes();
}

void TorchStorages::feed(std::span<const uint8_t> bytes) {
  for (View& view : views_) {
    const uint64_t first = std::max(view.begin, position_);
    const uint64_t last = std::min<uint64_t>(view.end, position_ + bytes.size());
    if (first >= last) continue;
    feed(view,
         bytes.subspan(static_cast<size_t>(first - position_), static_cast<size_t>(last - first)));
  }
  position_ += bytes.size();
}

// A row that lies whole in the piece is used where it lies.
void TorchStorages::feed(View& view, std::span<const uint8_t> bytes) {
  if (!view.dense) {
    view.bytes.insert(view.bytes.end(), bytes.begin(), bytes.end());
    return;
  }
  const size_t row_bytes = rows_[view.tensor].row_bytes;
  while (!bytes.empty()) {
    if (view.bytes.empty() && bytes.size() >= row_bytes) {
      rows_.take(view.tensor, bytes.first(row_bytes));
      bytes = bytes.subspan(row_bytes);
      continue;
    }
    const size_t count = std::min(row_bytes - view.bytes.size(), bytes.size());
    view.bytes.insert(view.bytes.end(), bytes.begin(),
                      bytes.begin() + static_cast<ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (view.bytes.size() == row_bytes) {
      rows_.take(view.tensor, view.bytes);
      view.bytes.clear();
    }
  }
}

// Counts through the indices of the tensor in its own order, and finds each element by strides.
void TorchStorages::gather(const View& view) {
  const TorchTensor& tensor = state_.tensors[view.tensor];
  const size_t width = tensor.entry.type->bits / 8;
  const size_t row_bytes = rows_[view.tensor].row_bytes;
  const size_t dimensions = tensor.strides.size();
  std::vector<uint8_t> row;
  row.reserve(row_bytes);
  std::vector<uint64_t> index(dimensions);
  size_t at = 0;  // element of the view
  for (uint64_t done = 0; done < tensor.entry.end; done += width) {
    const auto from = view.bytes.begin() + static_cast<ptrdiff_t>(at * width);
    row.insert(row.end(), from, from + static_cast<ptrdiff_t>(width));
    if (row.size() == row_bytes) {
      rows_.take(view.tensor, row);
      row.clear();
    }
    for (size_t i = dimensions; i > 0; --i) {
      const auto size = static_cast<uint64_t>(tensor.entry.shape[i - 1]);
      const auto stride = static_cast<size_t>(tensor.strides[i - 1]);
      at += stride;
      if (++index[i - 1] < size) break;
      at -= stride * static_cast<size_t>(size);
      index[i - 1] = 0;
    }
  }
}

void TorchStorages::end() {
  for (const View& view : views_) {
    if (!view.dense) gather(view);
  }
  views_.clear();
  for (size_t i = 0; i < state_.tensors.size(); ++i) {
    if (state_.tensors[i].storage == current_) rows_.complete(i);
  }
}

void TorchStorages::finish() const {
  for (size_t i = 0; i < state_.tensors.size(); ++i) {
    const size_t storage = state_.tensors[i].storage;
    if (!came_[storage]) {
      rows_.fail(i, " is in storage " + state_.storages[storage].key + ", which is not there.");
    }
  }
  rows_.finish();
}

}  // namespace dragoman
