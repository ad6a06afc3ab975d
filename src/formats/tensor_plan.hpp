// What each tensor of a weight file is for: a slot's rows, their scales, something to check, or
// nothing the model needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/safetensors_header.hpp"
#include "nn/slots.hpp"

namespace dragoman {

enum class Purpose {
  kSkip,       // ignored by the family, or already here from another file
  kFloatRows,  // rows of a slot as floats
  kInt8Rows,   // rows of a slot as int8; scales belong to them
  kScales,     // "X_scale" of an int8 X
  kZeroPoint,  // "X_zero_point": must be zero, symmetric quantisation is all there is
  kShape,      // "X_shape": must be the shape of X
  kCopy,       // another name of a tied tensor: must agree with the one that fills the slot
};

struct PlannedTensor {
  TensorEntry entry;
  Purpose purpose = Purpose::kSkip;
  Slot* slot = nullptr;        // for rows and scales
  uint64_t rows = 0;           // pieces the data is handed on in, 0 when skipped
  size_t row_bytes = 0;        // of one piece
  std::optional<size_t> base;  // index of the X that scales, zero points and shapes belong to
  std::optional<size_t> twin;  // index of the tensor that a copy must agree with
  bool compared = false;       // a copy of this tensor follows or precedes it
};

/// Plans the tensors of one file, in the order of their bytes. Throws model-format for a tensor
/// the model does not know, a wrong shape, a type that cannot be read, an int8 tensor that has no
/// scale.
std::vector<PlannedTensor> plan_tensors(std::vector<TensorEntry> entries, const SlotTable& slots,
                                        const std::string& file);

}  // namespace dragoman
