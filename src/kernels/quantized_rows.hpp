// Rows of activations as the integer kernels take them.
#pragma once

#include <cstddef>

#include "base/context.hpp"
#include "kernels/quantize.hpp"
#include "tensor/view.hpp"

namespace dragoman {

struct QuantizedRows {
  void* values;
  int stride;  // elements; those beyond a row are 0
  bool wide;   // int16 rather than int8
  RowScale* scales;

  const void* row(int index) const {
    const ptrdiff_t offset = static_cast<ptrdiff_t>(index) * stride;
    if (wide) return static_cast<const int16_t*>(values) + offset;
    return static_cast<const int8_t*>(values) + offset;
  }
};

/// In the context's arena, on its pool where that is worth it.
/// @param multiple  of kQuantizedRowMultiple: what rows are padded to
QuantizedRows quantize_rows(const Context& context, View<const float> x, OperandRole role,
                            bool wide, int multiple);

}  // namespace dragoman
