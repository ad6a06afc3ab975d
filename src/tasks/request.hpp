// A request as it comes from outside: {"inputs": [...], "options": {...}}.
#pragma once

#include <initializer_list>
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

/// The inputs of a request as they are, an array. Throws invalid-argument where there is none.
Json request_inputs(Json request);

/// A member of an input that must be a string. @param input  its name in messages: "inputs[3]"
std::string text_member(Json object, std::string_view key, const std::string& input);
/// Refuses members of an input other than those known.
void check_members(Json object, std::initializer_list<std::string_view> known,
                   const std::string& input);
/// An array of strings that is not empty. @param name  in messages: "inputs[3].words"
std::vector<std::string> read_words(Json value, const std::string& name);

/// Its member "entropy", a whole number that makes draws without a seed differ between requests;
/// 0 without one.
uint64_t request_entropy(Json request);

/// The options of a request, as given; throws invalid-argument for a request with other members.
/// @param also  the name of one more member that there may be
std::optional<Json> request_options(Json request, std::string_view also = {});

}  // namespace dragoman
