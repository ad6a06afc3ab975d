// The four normalisation forms of Unicode, with the alignment of the reference.
#pragma once

#include "text/normalized_text.hpp"

namespace dragoman {

/// Form D, or KD with `compatible`.
void decompose(NormalizedText& text, bool compatible);
/// Form C, or KC with `compatible`.
void compose(NormalizedText& text, bool compatible);

}  // namespace dragoman
