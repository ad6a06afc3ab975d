// Places of the elements of packed matrices; reads and writes of whole columns.
#include "kernels/packing.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

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

constexpr int int4_groups(int k) {
  return round_up(k, kInt4Inputs) / kInt4Inputs;
}
// A column's group of 32 inputs, and within it the places of the column's scale and an input.
constexpr size_t int4_start(int k, int column, int group) {
  return static_cast<size_t>(column / kPanelColumns * int4_groups(k) + group) * kInt4GroupBytes;
}
constexpr size_t int4_scale_place(int column) {
  return static_cast<size_t>(column % kPanelColumns) * sizeof(float);
}
constexpr size_t int4_place(int column, int input) {
  const int pair = input / (2 * kGroupInputs);
  return static_cast<size_t>(kInt4ScaleBytes + pair * kGroupBytes +
                             column % kPanelColumns * kGroupInputs + input % kGroupInputs);
}
constexpr int int4_shift(int input) {
  return input / kGroupInputs % 2 * 4;
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

size_t packed_int4_bytes(int k, int n) {
  return static_cast<size_t>(int4_groups(k)) *
         static_cast<size_t>(round_up(n, kPanelColumns) / kPanelColumns) * kInt4GroupBytes;
}

void clear_packed_int4(uint8_t* panels, int k, int n) {
  constexpr auto kZeros = static_cast<uint8_t>(-kInt4Lowest * 0x11);
  const size_t bytes = packed_int4_bytes(k, n);
  for (size_t group = 0; group < bytes; group += kInt4GroupBytes) {
    std::fill_n(panels + group, kInt4ScaleBytes, uint8_t{0});
    std::fill_n(panels + group + kInt4ScaleBytes, kInt4GroupBytes - kInt4ScaleBytes, kZeros);
  }
}

void pack_column_int4(uint8_t* panels, int k, int column, const int8_t* values,
                      const float* scales) {
  for (int group = 0; group < int4_groups(k); ++group) {
    uint8_t* to = panels + int4_start(k, column, group);
    std::memcpy(to + int4_scale_place(column), scales + group, sizeof(float));
    const int count = std::min(kInt4Inputs, k - group * kInt4Inputs);
    for (int i = 0; i < count; ++i) {
      uint8_t& byte = to[int4_place(column, i)];
      const int shift = int4_shift(i);
      const int nibble = values[group * kInt4Inputs + i] - kInt4Lowest;
      byte = static_cast<uint8_t>((byte & (0xf0 >> shift)) | nibble << shift);
    }
  }
}

void unpack_column_int4(const uint8_t* panels, int k, int column, int8_t* values, float* scales) {
  for (int group = 0; group < int4_groups(k); ++group) {
    const uint8_t* from = panels + int4_start(k, column, group);
    std::memcpy(scales + group, from + int4_scale_place(column), sizeof(float));
    const int count = std::min(kInt4Inputs, k - group * kInt4Inputs);
    for (int i = 0; i < count; ++i) {
      const int nibble = from[int4_place(column, i)] >> int4_shift(i) & 0xf;
      values[group * kInt4Inputs + i] = static_cast<int8_t>(nibble + kInt4Lowest);
    }
  }
}

void dequantize_column_int4(const uint8_t* panels, int k, int column, float* values) {
  std::vector<int8_t> integers(static_cast<size_t>(k));
  std::vector<float> scales(static_cast<size_t>(int4_groups(k)));
  unpack_column_int4(panels, k, column, integers.data(), scales.data());
  for (int i = 0; i < k; ++i) {
    const float integer = integers[static_cast<size_t>(i)];
    values[i] = integer * scales[static_cast<size_t>(i / kInt4Inputs)];
  }
}

void unpack_column_f32(const float* panels, int k, int column, float* values) {
  const float* from = panels + f32_start(k, column);
  for (int i = 0; i < k; ++i, from += kPanelColumns) values[i] = *from;
}

}  // namespace dragoman
