// The packed storage of a Linear and its slots. Internal to linear.cpp and linear_slots.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/packing.hpp"
#include "nn/aligned.hpp"
#include "nn/slots.hpp"
#include "nn/weight_rows.hpp"
#include "tensor/dtype.hpp"

namespace dragoman {

struct PackedLinear {
  PackedLinear(int inputs, int outputs, WeightType type, OperandRole role, bool with_bias);

  size_t matrix_bytes() const;
  /// A column as real numbers. @param values  [inputs], out
  void read_column(int column, float* values) const;

  int inputs;
  int outputs;
  WeightType type;
  OperandRole role;
  AlignedArray<int8_t> bytes;        // int8 panels, or
  AlignedArray<uint8_t> nibbles;     // int4 panels, with their scales, or
  AlignedArray<float> floats;        // f32 panels
  std::vector<float> scales;         // of int8; padded to whole panels, as are the others
  std::vector<int32_t> column_sums;  // of int8 under kActivations7
  std::vector<float> bias;           // or empty
};

/// Rows [first, first + count) of the matrix.
class WeightSlot final : public Slot {
 public:
  WeightSlot(PackedLinear& packed, int first, int count);

  std::vector<int64_t> shape() const override;
  int rows() const override { return count_; }
  int cols() const override { return packed_.inputs; }
  void put_row(int row, std::span<const float> values) override;
  void put_row_int8(int row, std::span<const int8_t> values) override;
  void put_row_int4(int row, std::span<const int8_t> values,
                    std::span<const float> scales) override;
  void put_scales(std::span<const float> scales) override;
  bool holds_int8() const override { return packed_.type == WeightType::kInt8; }
  void read_row(int row, std::span<float> values) const override;
  float read_row_int8(int row, std::span<int8_t> values) const override;
  void list_regions(std::vector<Region>& regions) override;

 private:
  void check_row(int row, size_t size) const;
  void pack(int column, const int8_t* values);
  void put_floats(int column, std::span<const float> values);
  void put_floats_int8(int row, std::span<const int8_t> values);
  void apply_file_scale(int row);

  PackedLinear& packed_;
  int first_;
  int count_;
  FileScales file_scales_;
  // Per row of an int8 tensor, what the stored values are to be multiplied by besides the file's
  // scale. 0: nothing to be done when the scales come.
  std::vector<float> steps_;
};

}  // namespace dragoman
