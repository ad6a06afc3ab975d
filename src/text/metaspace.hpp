// SentencePiece's way with spaces: each becomes a visible character with which words begin.
#pragma once

#include "base/json.hpp"

namespace dragoman {

/// Before which words a replacement is put in: none, the first of the text, all.
enum class PrependScheme { kNever, kFirst, kAlways };

struct MetaspaceOptions {
  char32_t replacement = 0x2581;  // ▁
  PrependScheme scheme = PrependScheme::kAlways;
  bool split = true;
};

/// From a pre-tokeniser or decoder, old (`add_prefix_space`) or new (`prepend_scheme`).
MetaspaceOptions metaspace_options(const Json& node);

}  // namespace dragoman
