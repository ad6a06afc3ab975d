// Rows of a published matrix on their way into panels.
#include "nn/linear_slots.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "kernels/quantize.hpp"

namespace dragoman {

WeightSlot::WeightSlot(PackedLinear& packed, int first, int count)
    : packed_(packed),
      first_(first),
      count_(count),
      file_scales_(count),
      steps_(static_cast<size_t>(count), 0.0F) {}

std::vector<int64_t> WeightSlot::shape() const {
  return {count_, packed_.inputs};
}

void WeightSlot::pack(int column, const int8_t* values) {
  pack_column_int8(packed_.bytes.get(), packed_.inputs, column, packed_.role, values);
  if (packed_.role == OperandRole::kActivations7) {
    packed_.column_sums[static_cast<size_t>(column)] =
        std::accumulate(values, values + packed_.inputs, int32_t{0});
  }
}

void WeightSlot::put_row(int row, std::span<const float> values) {
  check_row(row, values.size());
  check_finite_row(row, values);
  steps_[static_cast<size_t>(row)] = 0.0F;
  const int column = first_ + row;
  if (packed_.type != WeightType::kInt8) return put_floats(column, values);
  std::vector<int8_t> integers(values.size());
  packed_.scales[static_cast<size_t>(column)] =
      quantize_weights(values, weight_limit(packed_.role), integers.data());
  pack(column, integers.data());
}

void WeightSlot::put_floats(int column, std::span<const float> values) {
  if (packed_.type == WeightType::kFp32) {
    pack_column_f32(packed_.floats.get(), packed_.inputs, column, values.data());
    return;
  }
  std::vector<int8_t> integers(values.size());
  std::vector<float> scales(int4_scales(values.size()));
  quantize_weights_int4(values, integers.data(), scales.data());
  pack_column_int4(packed_.nibbles.get(), packed_.inputs, column, integers.data(), scales.data());
}

void WeightSlot::put_row_int4(int row, std::span<const int8_t> values,
                              std::span<const float> scales) {
  if (packed_.type != WeightType::kInt4) return Slot::put_row_int4(row, values, scales);
  check_row(row, values.size());
  check_row_size(row, scales.size(), int4_scales(values.size()));
  check_finite_row(row, scales);
  steps_[static_cast<size_t>(row)] = 0.0F;
  pack_column_int4(packed_.nibbles.get(), packed_.inputs, first_ + row, values.data(),
                   scales.data());
}

void WeightSlot::put_row_int8(int row, std::span<const int8_t> values) {
  check_row(row, values.size());
  if (packed_.type != WeightType::kInt8) return put_floats_int8(row, values);
  std::vector<int8_t> integers(values.size());
  std::transform(values.begin(), values.end(), integers.begin(), without_lowest);
  const int limit = weight_limit(packed_.role);
  const bool fits = std::all_of(integers.begin(), integers.end(),
                                [limit](int8_t value) { return std::abs(value) <= limit; });
  float step = 1.0F;
  if (!fits) {
    const std::vector<float> wide(integers.begin(), integers.end());
    step = quantize_weights(wide, limit, integers.data());
  }
  steps_[static_cast<size_t>(row)] = step;
  pack(first_ + row, integers.data());
  apply_file_scale(row);
}

// Panels of other kinds hold the integers until their scale is known.
void WeightSlot::put_floats_int8(int row, std::span<const int8_t> values) {
  const float scale = file_scales_.of(row);
  std::vector<float> wide(values.size());
  std::transform(values.begin(), values.end(), wide.begin(),
                 [scale](int8_t value) { return static_cast<float>(value) * scale; });
  put_floats(first_ + row, wide);
  steps_[static_cast<size_t>(row)] = file_scales_.known() ? 0.0F : 1.0F;
}

void WeightSlot::apply_file_scale(int row) {
  float& step = steps_[static_cast<size_t>(row)];
  if (step == 0.0F) return;
  const int column = first_ + row;
  if (packed_.type == WeightType::kInt8) {
    packed_.scales[static_cast<size_t>(column)] = step * file_scales_.of(row);
    return;
  }
  const auto inputs = static_cast<size_t>(packed_.inputs);
  if (packed_.type == WeightType::kInt4) {
    std::vector<int8_t> integers(inputs);
    std::vector<float> scales(int4_scales(inputs));
    uint8_t* panels = packed_.nibbles.get();
    unpack_column_int4(panels, packed_.inputs, column, integers.data(), scales.data());
    for (float& scale : scales) scale *= file_scales_.of(row);
    pack_column_int4(panels, packed_.inputs, column, integers.data(), scales.data());
  } else {
    std::vector<float> values(inputs);
    packed_.read_column(column, values.data());
    for (float& value : values) value *= file_scales_.of(row);
    put_floats(column, values);
  }
  step = 0.0F;
}

void WeightSlot::put_scales(std::span<const float> scales) {
  file_scales_.set(scales);
  for (int row = 0; row < count_; ++row) apply_file_scale(row);
}

void WeightSlot::read_row(int row, std::span<float> values) const {
  check_row(row, values.size());
  packed_.read_column(first_ + row, values.data());
}

// The integers lie within the limit of the role, so that put_row_int8 takes them as they are.
float WeightSlot::read_row_int8(int row, std::span<int8_t> values) const {
  check_row(row, values.size());
  unpack_column_int8(packed_.bytes.get(), packed_.inputs, first_ + row, packed_.role,
                     values.data());
  return packed_.scales[static_cast<size_t>(first_ + row)];
}

// The whole matrix, also of a slot that fills a part of it: panels mix the rows of their slots.
void WeightSlot::list_regions(std::vector<Region>& regions) {
  if (packed_.type == WeightType::kFp32) {
    const size_t floats = packed_f32_floats(packed_.inputs, packed_.outputs);
    regions.push_back(region_of(std::span(packed_.floats.get(), floats)));
    return;
  }
  const size_t bytes = packed_.matrix_bytes();
  if (packed_.type == WeightType::kInt4) {
    regions.push_back(region_of(std::span(packed_.nibbles.get(), bytes)));
    return;
  }
  regions.push_back(region_of(std::span(packed_.bytes.get(), bytes)));
  regions.push_back(region_of(std::span(packed_.scales)));
  regions.push_back(region_of(std::span(packed_.column_sums)));
}

void WeightSlot::check_row(int row, size_t size) const {
  check_row_index(row, count_);
  check_row_size(row, size, static_cast<size_t>(packed_.inputs));
}

}  // namespace dragoman
