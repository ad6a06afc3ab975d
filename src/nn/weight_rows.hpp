// What the slots of this folder share: checks of rows and scales, and the life of a row that is
// stored as integers and whose scale comes before or after it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/slots.hpp"

namespace dragoman {

/// These throw model-format with the row's number.
void check_row_index(int row, int rows);
void check_finite_row(int row, std::span<const float> values);
void check_row_size(int row, size_t size, size_t expected);

/// -128 has no counterpart of the other sign, and the kernels' bounds exclude it.
constexpr int8_t without_lowest(int8_t value) {
  return value == -128 ? int8_t{-127} : value;
}

/// The bytes of an array of weights.
template <typename T>
Region region_of(std::span<T> values) {
  // Any object may be read and written as bytes.
  return {reinterpret_cast<uint8_t*>(values.data()), values.size_bytes()};
}

/// Scales of the rows of an int8 tensor.
class FileScales {
 public:
  explicit FileScales(int rows) : rows_(rows) {}
  /// Throws model-format unless there is one scale, or one per row, all finite.
  void set(std::span<const float> scales);
  /// 1 until the scales have come.
  float of(int row) const;
  bool known() const { return !values_.empty(); }

 private:
  int rows_;
  std::vector<float> values_;
};

}  // namespace dragoman
