// Parameter vectors and their slots.
#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "nn/linear.hpp"
#include "nn/vector_slot.hpp"

namespace dragoman {

void VectorSlot::put_row(int row, std::span<const float> values) {
  check_row_index(row, rows());
  check_row_size(row, values.size(), target_.size());
  check_finite_row(row, values);
  std::copy(values.begin(), values.end(), target_.begin());
  unscaled_ = false;
}

void VectorSlot::put_row_int8(int row, std::span<const int8_t> values) {
  check_row_index(row, rows());
  check_row_size(row, values.size(), target_.size());
  const float scale = scale_.of(0);
  std::transform(values.begin(), values.end(), target_.begin(),
                 [scale](int8_t value) { return static_cast<float>(value) * scale; });
  unscaled_ = !scale_.known();
}

void VectorSlot::put_scales(std::span<const float> scales) {
  scale_.set(scales);
  if (!unscaled_) return;
  for (float& value : target_) value *= scale_.of(0);
  unscaled_ = false;
}

void VectorSlot::read_row(int row, std::span<float> values) const {
  check_row_index(row, rows());
  check_row_size(row, values.size(), target_.size());
  std::copy(target_.begin(), target_.end(), values.begin());
}

float VectorSlot::read_row_int8(int, std::span<int8_t>) const {
  throw Error(ErrorCode::kInternal, "A vector is not held as int8.");
}

struct Vector::Impl {
  std::vector<float> values;
  VectorSlot slot;
  Impl(int size, float initial) : values(static_cast<size_t>(size), initial), slot(values) {}
};

Vector::Vector(int size, float initial) : impl_(std::make_unique<Impl>(size, initial)) {}
Vector::~Vector() = default;
Vector::Vector(Vector&&) noexcept = default;

Slot* Vector::slot() {
  return &impl_->slot;
}
std::span<const float> Vector::values() const {
  return impl_->values;
}

}  // namespace dragoman
