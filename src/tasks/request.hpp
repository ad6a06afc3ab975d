// A request as it comes from outside: {"inputs": [...], "options": {...}}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

struct TextInput {
  std::string text;                 // UTF-8
  std::optional<std::string> pair;  // second text
};

/// The inputs of a request. Throws invalid-argument naming the index of an input that is neither
/// a string nor, where `pairs` allows it, {"text", "text_pair"}.
std::vector<TextInput> read_inputs(Json request, bool pairs);

/// Its member "entropy", a whole number that makes draws without a seed differ between requests;
/// 0 without one.
uint64_t request_entropy(Json request);

/// The options of a request, as given; throws invalid-argument for a request with other members.
std::optional<Json> request_options(Json request);

}  // namespace dragoman
