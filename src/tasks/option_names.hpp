// Names of options that no struct has: known from Python but not honoured, or mistyped.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

/// True for a known option with the value that changes nothing. Throws unsupported-option for one
/// with another value.
bool has_no_effect(std::string_view name, Json value);

/// Throws unsupported-option with those of the known names that may have been meant, or all.
[[noreturn]] void refuse_unknown(std::string_view name, const std::vector<std::string_view>& known);

/// Number of insertions, deletions, substitutions and swaps of neighbours between two names.
int edit_distance(std::string_view a, std::string_view b);

}  // namespace dragoman
