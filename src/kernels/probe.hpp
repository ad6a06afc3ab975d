// Work for yardsticks: what this machine multiplies and reads per second. The caller has the
// clock; the core has none.
#pragma once

#include <string_view>

namespace dragoman {

/// Does a fixed amount of work and returns it: multiply-adds, or bytes read. The first call of a
/// kind and size also makes its operands, so it is not one to be timed.
/// @param kind  "int8" (the form in use), "int8-widen", "int8-split", "int8-fused", "f32" (a
///              product of `size` rows by 384 inputs by 1536 outputs), "read" (of `size` MiB),
///              "rest" (the kernels that are no products, once each, to have them compiled),
///              or "peak-widen", "peak-split", "peak-fused", "peak-f32": the form's instructions
///              alone, operands in the first-level cache, whatever `size`
/// Throws invalid-argument for other kinds, a form this build has not, and sizes below 1 or above
/// 1024.
double run_probe(std::string_view kind, int size);

}  // namespace dragoman
