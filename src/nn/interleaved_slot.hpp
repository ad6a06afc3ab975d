// A slot for the rows of queries and keys as GGUF has those of Llama.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/slots.hpp"

namespace dragoman {

/// Takes rows of which the two that are turned together, i and i + head_dim / 2 of a head, lie side
/// by side: llama.cpp turns neighbours. Of a bias the same is done with its values.
class InterleavedSlot final : public Slot {
 public:
  /// @param head_dim  even
  InterleavedSlot(Slot* slot, int head_dim) : slot_(slot), head_dim_(head_dim) {}

  std::vector<int64_t> shape() const override { return slot_->shape(); }
  int rows() const override { return slot_->rows(); }
  int cols() const override { return slot_->cols(); }
  void put_row(int row, std::span<const float> values) override {
    if (!is_vector()) return slot_->put_row(place(row), values);
    std::vector<float> ordered(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      ordered[static_cast<size_t>(place(static_cast<int>(i)))] = values[i];
    }
    slot_->put_row(row, ordered);
  }
  void put_row_int4(int row, std::span<const int8_t> values,
                    std::span<const float> scales) override {
    if (is_vector()) return Slot::put_row_int4(row, values, scales);
    slot_->put_row_int4(place(row), values, scales);
  }
  // GGUF has none of these, and no file is written of a model that came from it.
  void put_row_int8(int row, std::span<const int8_t> values) override {
    slot_->put_row_int8(place(row), values);
  }
  void put_scales(std::span<const float> scales) override { slot_->put_scales(scales); }
  bool holds_int8() const override { return slot_->holds_int8(); }
  void read_row(int row, std::span<float> values) const override {
    slot_->read_row(place(row), values);
  }
  float read_row_int8(int row, std::span<int8_t> values) const override {
    return slot_->read_row_int8(place(row), values);
  }
  void list_regions(std::vector<Region>& regions) override { slot_->list_regions(regions); }

 private:
  bool is_vector() const { return slot_->shape().size() == 1; }
  int place(int row) const {
    const int within = row % head_dim_;
    return row - within + within % 2 * (head_dim_ / 2) + within / 2;
  }

  Slot* slot_;
  int head_dim_;
};

}  // namespace dragoman
