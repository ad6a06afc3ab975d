// Whether the kernels compute what they should on this engine.
#pragma once

#include "kernels/int8_forms.hpp"

namespace dragoman {

/// Compares the sums of the kernels in use with those of plain loops: every tile, both roles,
/// in loops long enough to show the engine bug that single instructions do not. False means that
/// this build must not be used on this engine. Takes well under a millisecond.
bool kernels_self_test();

/// The same for one form of the int8 product.
bool int8_form_passes(Int8Form form);

}  // namespace dragoman
