// Checks of what a file offers.
#include "nn/weight_rows.hpp"

#include <string>

#include "base/error.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

void check_row_index(int row, int rows) {
  if (row >= 0 && row < rows) return;
  throw Error(ErrorCode::kModelFormat, "Row " + std::to_string(row) + " lies outside the " +
                                           std::to_string(rows) + " expected.");
}

void check_finite_row(int row, std::span<const float> values) {
  if (all_finite(values)) return;
  throw Error(ErrorCode::kModelFormat,
              "Row " + std::to_string(row) + " holds a value that is not a finite number.");
}

void check_row_size(int row, size_t size, size_t expected) {
  if (size == expected) return;
  throw Error(ErrorCode::kModelFormat, "Row " + std::to_string(row) + " has " +
                                           std::to_string(size) + " values instead of " +
                                           std::to_string(expected) + ".");
}

void FileScales::set(std::span<const float> scales) {
  if (scales.size() != 1 && scales.size() != static_cast<size_t>(rows_)) {
    throw Error(ErrorCode::kModelFormat, std::to_string(scales.size()) + " scales were given for " +
                                             std::to_string(rows_) + " rows.");
  }
  if (!all_finite(scales)) {
    throw Error(ErrorCode::kModelFormat, "A row's scale is not a finite number.");
  }
  values_.assign(scales.begin(), scales.end());
}

float FileScales::of(int row) const {
  if (values_.empty()) return 1.0F;
  return values_.size() == 1 ? values_[0] : values_[static_cast<size_t>(row)];
}

}  // namespace dragoman
