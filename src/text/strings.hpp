// Small string helpers of this layer.
#pragma once

#include <string>
#include <string_view>

namespace dragoman {

/// `text` with every `from`, found from the left without overlap, replaced by `to`.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

}  // namespace dragoman
