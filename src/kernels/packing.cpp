// Places of the elements of packed matrices; reads and writes of whole columns.
#include "kernels/packing.hpp"

#include <algorithm>

namespace dragoman {

namespace {

constexpr int kGroupBytes = kPanelColumns * kGroupInputs;

// 7-bit weights are stored +64, so that they fill the slot of the dot product that takes 0..127.
constexpr int8_t stored_offset(OperandRole role) {
  return role == OperandRole::kWeights7 ? int8_t{64} : int8_t{0};
}

// First group of a column's panel, at the column's place in the group.
constexpr size_t column_start(int k, int column) {
  const auto panel = static_cast<size_t>(column / kPanelColumns);
  const auto groups = static_cast<size_t>(round_up(k, kGroupInputs) / kGroupInputs);
  return panel * groups * kGroupBytes + static_cast<size_t>(column % kPanelColumns) * kGroupInputs;
}

constexpr size_t f32_start(int k, int column) {
  return static_cast<size_t>(column / kPanelColumns) * static_cast<size_t>(k) * kPanelColumns +
         static_cast<size_t>(column % kPanelColumns);
}

// Calls take(i, integer) for each input of a column.
template <typename Take>
void read_column(const int8_t* panels, int k, int column, OperandRole role, const Take& take) {
  const int offset = stored_offset(role);
  const int8_t* from = panels + column_start(k, column);
  for (int i = 0; i < k; i += kGroupInputs, from += kGroupBytes) {
    const int count = std::min(kGroupInputs, k - i);
    for (int j = 0; j < count; ++j) take(i + j, from[j] - offset);
  }
}

}  // namespace

size_t packed_int8_bytes(int k, int n) {
  return static_cast<size_t>(round_up(k, kGroupInputs)) *
         static_cast<size_t>(round_up(n, kPanelColumns));
}

size_t packed_f32_floats(int k, int n) {
  return static_cast<size_t>(k) * static_cast<size_t>(round_up(n, kPanelColumns));
}

void clear_packed_int8(int8_t* panels, int k, int n, OperandRole role) {
  std::fill_n(panels, packed_int8_bytes(k, n), stored_offset(role));
}

void pack_column_int8(int8_t* panels, int k, int column, OperandRole role, const int8_t* values) {
  const int offset = stored_offset(role);
  int8_t* to = panels + column_start(k, column);
  for (int i = 0; i < k; i += kGroupInputs, to += kGroupBytes) {
    const int count = std::min(kGroupInputs, k - i);
    for (int j = 0; j < count; ++j) to[j] = static_cast<int8_t>(values[i + j] + offset);
  }
}

void pack_column_f32(float* panels, int k, int column, const float* values) {
  float* to = panels + f32_start(k, column);
  for (int i = 0; i < k; ++i, to += kPanelColumns) *to = values[i];
}

void unpack_column_int8(const int8_t* panels, int k, int column, OperandRole role, int8_t* values) {
  read_column(panels, k, column, role,
              [values](int i, int integer) { values[i] = static_cast<int8_t>(integer); });
}

void dequantize_column(const int8_t* panels, int k, int column, OperandRole role, float scale,
                       float* values) {
  read_column(panels, k, column, role, [values, scale](int i, int integer) {
    values[i] = static_cast<float>(integer) * scale;
  });
}

void unpack_column_f32(const float* panels, int k, int column, float* values) {
  const float* from = panels + f32_start(k, column);
  for (int i = 0; i < k; ++i, from += kPanelColumns) values[i] = *from;
}

}  // namespace dragoman
