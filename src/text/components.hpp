// What the factories of tokenizer components share.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace dragoman {

/// The `type` of a component of tokenizer.json. Old files leave it out of some models, then "".
inline std::string component_type(const Json& node) {
  return node.get_string("type", "");
}

class Pattern;
/// From {"String": …} or {"Regex": …}.
Pattern read_pattern(const Json& node);

[[noreturn]] inline void unsupported_component(std::string_view kind, const std::string& type) {
  throw Error(ErrorCode::kUnsupportedModel,
              "tokenizer.json: the " + std::string(kind) + " \"" + type + "\" is not supported.");
}

}  // namespace dragoman
