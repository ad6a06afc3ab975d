// A slot for matrices published the other way round (transformers' Conv1D).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/slots.hpp"

namespace dragoman {

/// Takes [inputs, outputs] for a slot of [outputs, inputs]. Rows of the slot need whole columns of
/// the file, so one tensor is held in full precision until its last row has come.
class TransposedSlot final : public Slot {
 public:
  explicit TransposedSlot(Slot* slot) : slot_(slot) {}

  std::vector<int64_t> shape() const override { return {rows(), cols()}; }
  int rows() const override { return slot_->cols(); }
  int cols() const override { return slot_->rows(); }
  void put_row(int row, std::span<const float> values) override;
  /// The file's scales belong to inputs, those of the slot to outputs: rows wait for theirs.
  void put_row_int8(int row, std::span<const int8_t> values) override;
  void put_scales(std::span<const float> scales) override;
  bool holds_int8() const override { return false; }
  void read_row(int row, std::span<float> values) const override;
  float read_row_int8(int row, std::span<int8_t> values) const override;
  void list_regions(std::vector<Region>& regions) override { slot_->list_regions(regions); }

 private:
  void keep(int row, const std::vector<float>& values);
  void pass_on();

  Slot* slot_;
  std::vector<float> waiting_;       // [outputs, inputs]
  mutable std::vector<float> read_;  // [inputs, outputs], from the first row read to the last
  int came_ = 0;
  std::vector<float> scales_;
  bool is_int8_ = false;
};

}  // namespace dragoman
