// The slot of a parameter vector: biases, norm weights.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/slots.hpp"
#include "nn/weight_rows.hpp"

namespace dragoman {

/// Writes a vector into `target`, which somebody else owns and which stays where it is.
class VectorSlot final : public Slot {
 public:
  explicit VectorSlot(std::span<float> target) : target_(target) {}

  std::vector<int64_t> shape() const override { return {cols()}; }
  int rows() const override { return 1; }
  int cols() const override { return static_cast<int>(target_.size()); }
  void put_row(int row, std::span<const float> values) override;
  void put_row_int8(int row, std::span<const int8_t> values) override;
  void put_scales(std::span<const float> scales) override;
  bool holds_int8() const override { return false; }
  void read_row(int row, std::span<float> values) const override;
  float read_row_int8(int row, std::span<int8_t> values) const override;
  void list_regions(std::vector<Region>& regions) override {
    regions.push_back(region_of(target_));
  }

 private:
  std::span<float> target_;
  FileScales scale_{1};
  bool unscaled_ = false;  // `target_` holds integers whose scale has not come
};

}  // namespace dragoman
