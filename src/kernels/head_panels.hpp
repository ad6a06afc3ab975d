// One head's keys and values in the panels that f32_panel() multiplies with.
#pragma once

#include "tensor/view.hpp"

namespace dragoman {

/// Panels of 16 keys, head_dim-major: the keys transposed. Padding keys repeat the last one; their
/// scores are not used.
/// @param keys    [rows, head_dim]
/// @param columns rows, rounded up to panels
/// @param panels  [columns / 16, head_dim, 16]
void pack_keys(View<const float> keys, int columns, float* panels);

/// Panels of 16 of the head's columns, row-major.
/// @param values   [rows, head_dim]
/// @param columns  head_dim, rounded up to panels
/// @param panels   [columns / 16, rows, 16]
void pack_values(View<const float> values, int columns, float* panels);

}  // namespace dragoman
