// Rows of the file are columns here.
#include "nn/transposed_slot.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dragoman {

void TransposedSlot::keep(int row, const std::vector<float>& values) {
  const auto inputs = static_cast<size_t>(rows());
  waiting_.resize(inputs * values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    waiting_[i * inputs + static_cast<size_t>(row)] = values[i];
  }
  ++came_;
  if (came_ == rows() && (!is_int8_ || !scales_.empty())) pass_on();
}

void TransposedSlot::put_row(int row, std::span<const float> values) {
  keep(row, {values.begin(), values.end()});
}

void TransposedSlot::put_row_int8(int row, std::span<const int8_t> values) {
  is_int8_ = true;
  keep(row, {values.begin(), values.end()});
}

void TransposedSlot::put_scales(std::span<const float> scales) {
  is_int8_ = true;
  scales_.assign(scales.begin(), scales.end());
  if (came_ == rows()) pass_on();
}

void TransposedSlot::pass_on() {
  const auto inputs = static_cast<size_t>(rows());
  for (int row = 0; row < slot_->rows(); ++row) {
    const std::span<float> values =
        std::span(waiting_).subspan(static_cast<size_t>(row) * inputs, inputs);
    for (size_t i = 0; is_int8_ && i < inputs; ++i) {
      values[i] *= scales_.size() == 1 ? scales_[0] : scales_[i];
    }
    slot_->put_row(row, values);
  }
  waiting_ = {};
  came_ = 0;
}

// Rows are read in order, by those who write a file.
void TransposedSlot::read_row(int row, std::span<float> values) const {
  const auto outputs = static_cast<size_t>(cols());
  if (read_.empty()) {
    read_.resize(static_cast<size_t>(rows()) * outputs);
    std::vector<float> own(static_cast<size_t>(rows()));
    for (size_t output = 0; output < outputs; ++output) {
      slot_->read_row(static_cast<int>(output), own);
      for (size_t input = 0; input < own.size(); ++input) {
        read_[input * outputs + output] = own[input];
      }
    }
  }
  std::copy_n(read_.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(row) * outputs), outputs,
              values.begin());
  if (row + 1 == rows()) read_ = {};
}

float TransposedSlot::read_row_int8(int, std::span<int8_t>) const {
  throw Error(ErrorCode::kInternal, "A transposed matrix has no scale for each of its rows.");
}

}  // namespace dragoman
