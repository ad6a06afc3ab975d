// A slot under another shape: published tensors carry dimensions of one that the slot has not.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "nn/slots.hpp"

namespace dragoman {

/// Takes a tensor of `shape` for `slot`; rows and columns stay the slot's own.
class ReshapedSlot final : public Slot {
 public:
  ReshapedSlot(Slot* slot, std::vector<int64_t> shape) : slot_(slot), shape_(std::move(shape)) {}

  std::vector<int64_t> shape() const override { return shape_; }
  int rows() const override { return slot_->rows(); }
  int cols() const override { return slot_->cols(); }
  void put_row(int row, std::span<const float> values) override { slot_->put_row(row, values); }
  void put_row_int8(int row, std::span<const int8_t> values) override {
    slot_->put_row_int8(row, values);
  }
  void put_row_int4(int row, std::span<const int8_t> values,
                    std::span<const float> scales) override {
    slot_->put_row_int4(row, values, scales);
  }
  void put_scales(std::span<const float> scales) override { slot_->put_scales(scales); }
  bool holds_int8() const override { return slot_->holds_int8(); }
  void read_row(int row, std::span<float> values) const override { slot_->read_row(row, values); }
  float read_row_int8(int row, std::span<int8_t> values) const override {
    return slot_->read_row_int8(row, values);
  }
  void list_regions(std::vector<Region>& regions) override { slot_->list_regions(regions); }

 private:
  Slot* slot_;
  std::vector<int64_t> shape_;
};

}  // namespace dragoman
