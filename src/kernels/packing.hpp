// The packed layouts of weight matrices, and how one output channel is written into them.
//
// A matrix maps k inputs to n outputs. All layouts are panels of 16 output columns:
//   int8: per panel, per group of 4 inputs, 64 bytes: column 0's four, column 1's four, ...
//         k is padded to a multiple of 4 and n to one of 16, with values that contribute nothing.
//   int4: per panel, per group of 32 inputs, 320 bytes: 16 f32 scales, then the integers as int8
//         has them, two groups of 4 to a vector (low and high nibble). k is padded to 32.
//   f32:  per panel, per input, 16 floats.
// One layout serves every tile shape and every instruction set (docs/architecture.md, kernels).
#pragma once

#include <cstddef>
#include <cstdint>

namespace dragoman {

/// The version of all that a stored copy of packed weights depends on: these layouts, the rounding
/// of quantize.hpp, and which arrays a layer holds in which order (nn/). Raise it with any of them.
constexpr int kPackVersion = 2;

constexpr int kPanelColumns = 16;
constexpr int kGroupInputs = 4;

constexpr int round_up(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Which operand is confined to 7 bits. The relaxed dot product has one 8-bit signed and one
/// 7-bit operand; only then is its result the same on every engine.
enum class OperandRole : uint8_t {
  /// Weights in -63..63, stored +64; activations signed 8-bit, symmetric. After layer norms.
  kWeights7,
  /// Weights in -127..127; activations 0..127 with a zero point. After GELU and ReLU.
  kActivations7,
};

/// Largest magnitude a quantised weight may have under `role`: 63 or 127.
constexpr int weight_limit(OperandRole role) {
  return role == OperandRole::kWeights7 ? 63 : 127;
}

/// Integers of 4 bits are -8..7, with a scale for each so many inputs of a column.
constexpr int kInt4Inputs = 32;
constexpr int kInt4Lowest = -8;
constexpr int kInt4ScaleBytes = 4 * kPanelColumns;
constexpr int kInt4GroupBytes = kInt4ScaleBytes + kInt4Inputs * kPanelColumns / 2;

/// Groups, and so scales, of a column of `inputs`.
constexpr size_t int4_scales(size_t inputs) {
  return (inputs + kInt4Inputs - 1) / kInt4Inputs;
}

/// Bytes of a packed int8 matrix.
size_t packed_int8_bytes(int k, int n);
/// Floats of a packed f32 matrix.
size_t packed_f32_floats(int k, int n);

/// Fills `panels` with the padding's neutral values. Call once before writing columns.
void clear_packed_int8(int8_t* panels, int k, int n, OperandRole role);

/// Writes output channel `column`. @param values  [k], within +-weight_limit(role)
void pack_column_int8(int8_t* panels, int k, int column, OperandRole role, const int8_t* values);
void pack_column_f32(float* panels, int k, int column, const float* values);

/// The reverse, for embedding rows that share the output layer's matrix. @param values  [k], out
void unpack_column_int8(const int8_t* panels, int k, int column, OperandRole role, int8_t* values);
/// The same as real numbers: values[i] = scale * integer.
void dequantize_column(const int8_t* panels, int k, int column, OperandRole role, float scale,
                       float* values);
void unpack_column_f32(const float* panels, int k, int column, float* values);

/// Bytes of a packed int4 matrix.
size_t packed_int4_bytes(int k, int n);
/// Fills `panels` with weights of 0. Call once before writing columns.
void clear_packed_int4(uint8_t* panels, int k, int n);
/// Writes output channel `column`. @param values  [k], in -8..7
/// @param scales  [ceil(k / 32)], of either sign
void pack_column_int4(uint8_t* panels, int k, int column, const int8_t* values,
                      const float* scales);
/// The reverse. @param values, scales  out
void unpack_column_int4(const uint8_t* panels, int k, int column, int8_t* values, float* scales);
/// The same as real numbers. @param values  [k], out
void dequantize_column_int4(const uint8_t* panels, int k, int column, float* values);

}  // namespace dragoman
