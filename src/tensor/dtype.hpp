// Element types: of tensors in files, and of the packed weights in memory.
#pragma once

#include <cstddef>
#include <string_view>

namespace dragoman {

/// Element type of a stored tensor. Only the first four carry weights; the integer kinds occur
/// as harmless buffers (`position_ids`).
enum class Dtype { kF32, kF16, kBF16, kI8, kU8, kI16, kI32, kI64, kF64, kBool };

constexpr size_t dtype_bytes(Dtype dtype) {
  switch (dtype) {
    case Dtype::kI8:
    case Dtype::kU8:
    case Dtype::kBool:
      return 1;
    case Dtype::kF16:
    case Dtype::kBF16:
    case Dtype::kI16:
      return 2;
    case Dtype::kF32:
    case Dtype::kI32:
      return 4;
    case Dtype::kI64:
    case Dtype::kF64:
      return 8;
  }
  return 0;
}

/// How a model's matrices are held and multiplied (the `dtype` option). Under kInt4, which is for
/// decoders alone, embeddings and the output layer are int8.
enum class WeightType { kFp32, kInt8, kInt4 };

/// What holds the embeddings and the output layer of a model of `type`.
constexpr WeightType table_type(WeightType type) {
  return type == WeightType::kInt4 ? WeightType::kInt8 : type;
}

}  // namespace dragoman
