// Tables of vectors: one row per entry, in f32 or as int8 with a scale per row.
#include <algorithm>
#include <cassert>
#include <vector>

#include "kernels/quantize.hpp"
#include "nn/aligned.hpp"
#include "nn/linear.hpp"
#include "nn/weight_rows.hpp"

namespace dragoman {

namespace {

constexpr int kTableLimit = 127;  // rows are read, not multiplied: all of the byte is used

struct Table {
  int count;
  int width;
  WeightType type;
  AlignedArray<int8_t> bytes;
  AlignedArray<float> floats;
  std::vector<float> scales;  // of int8 rows

  Table(int rows, int cols, WeightType weight_type) : count(rows), width(cols), type(weight_type) {
    if (type == WeightType::kInt8) {
      bytes = make_aligned<int8_t>(elements());
      scales.assign(static_cast<size_t>(count), 0.0F);
    } else {
      floats = make_aligned<float>(elements());
    }
  }
  size_t elements() const { return static_cast<size_t>(count) * static_cast<size_t>(width); }
  size_t offset(int row) const { return static_cast<size_t>(row) * static_cast<size_t>(width); }
};

class TableSlot final : public Slot {
 public:
  explicit TableSlot(Table& table)
      : table_(table),
        file_scales_(table.count),
        awaits_scale_(static_cast<size_t>(table.count), false) {}

  std::vector<int64_t> shape() const override { return {table_.count, table_.width}; }
  int rows() const override { return table_.count; }
  int cols() const override { return table_.width; }
  void put_row(int row, std::span<const float> values) override;
  void put_row_int8(int row, std::span<const int8_t> values) override;
  void put_scales(std::span<const float> scales) override;
  bool holds_int8() const override { return table_.type == WeightType::kInt8; }
  void read_row(int row, std::span<float> values) const override;
  float read_row_int8(int row, std::span<int8_t> values) const override;
  void list_regions(std::vector<Region>& regions) override;

 private:
  void check_row(int row, size_t size) const {
    check_row_index(row, table_.count);
    check_row_size(row, size, static_cast<size_t>(table_.width));
  }
  void apply_file_scale(int row);

  Table& table_;
  FileScales file_scales_;
  std::vector<bool> awaits_scale_;  // rows that hold the file's integers
};

void TableSlot::put_row(int row, std::span<const float> values) {
  check_row(row, values.size());
  check_finite_row(row, values);
  awaits_scale_[static_cast<size_t>(row)] = false;
  const size_t at = table_.offset(row);
  if (table_.type == WeightType::kFp32) {
    std::copy(values.begin(), values.end(), table_.floats.get() + at);
  } else {
    table_.scales[static_cast<size_t>(row)] =
        quantize_weights(values, kTableLimit, table_.bytes.get() + at);
  }
}

void TableSlot::put_row_int8(int row, std::span<const int8_t> values) {
  check_row(row, values.size());
  const size_t at = table_.offset(row);
  if (table_.type == WeightType::kFp32) {
    std::copy(values.begin(), values.end(), table_.floats.get() + at);
  } else {
    // Nothing is multiplied with these bytes, so -128 may stay.
    std::copy(values.begin(), values.end(), table_.bytes.get() + at);
  }
  awaits_scale_[static_cast<size_t>(row)] = true;
  apply_file_scale(row);
}

void TableSlot::apply_file_scale(int row) {
  const auto index = static_cast<size_t>(row);
  if (!awaits_scale_[index]) return;
  const float scale = file_scales_.of(row);
  if (table_.type == WeightType::kInt8) {
    table_.scales[index] = scale;
    return;
  }
  if (!file_scales_.known()) return;
  float* values = table_.floats.get() + table_.offset(row);
  for (int i = 0; i < table_.width; ++i) values[i] *= scale;
  awaits_scale_[index] = false;
}

void TableSlot::put_scales(std::span<const float> scales) {
  file_scales_.set(scales);
  for (int row = 0; row < table_.count; ++row) apply_file_scale(row);
}

void TableSlot::read_row(int row, std::span<float> values) const {
  check_row(row, values.size());
  std::copy_n(table_.floats.get() + table_.offset(row), values.size(), values.begin());
}

float TableSlot::read_row_int8(int row, std::span<int8_t> values) const {
  check_row(row, values.size());
  std::copy_n(table_.bytes.get() + table_.offset(row), values.size(), values.begin());
  return table_.scales[static_cast<size_t>(row)];
}

void TableSlot::list_regions(std::vector<Region>& regions) {
  if (table_.type == WeightType::kFp32) {
    regions.push_back(region_of(std::span(table_.floats.get(), table_.elements())));
    return;
  }
  regions.push_back(region_of(std::span(table_.bytes.get(), table_.elements())));
  regions.push_back(region_of(std::span(table_.scales)));
}

}  // namespace

struct Embedding::Impl {
  Table table;
  TableSlot slot;
  Impl(int count, int width, WeightType type) : table(count, width, type), slot(table) {}
};

Embedding::Embedding(int count, int width, WeightType type)
    : impl_(std::make_unique<Impl>(count, width, type)) {}
Embedding::~Embedding() = default;
Embedding::Embedding(Embedding&&) noexcept = default;

Slot* Embedding::slot() {
  return &impl_->slot;
}
int Embedding::count() const {
  return impl_->table.count;
}
int Embedding::width() const {
  return impl_->table.width;
}

size_t Embedding::packed_bytes() const {
  const Table& table = impl_->table;
  const size_t element = table.type == WeightType::kInt8 ? sizeof(int8_t) : sizeof(float);
  return table.elements() * element + table.scales.size() * sizeof(float);
}

void Embedding::row(int index, std::span<float> out) const {
  const Table& table = impl_->table;
  assert(index >= 0 && index < table.count && out.size() == static_cast<size_t>(table.width));
  const size_t at = table.offset(index);
  if (table.type == WeightType::kFp32) {
    std::copy_n(table.floats.get() + at, out.size(), out.begin());
    return;
  }
  const float scale = table.scales[static_cast<size_t>(index)];
  const int8_t* from = table.bytes.get() + at;
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(from[i]) * scale;
}

}  // namespace dragoman
