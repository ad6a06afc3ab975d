// Inputs of a request, checked one by one so that the message can name the one at fault.
#include "tasks/request.hpp"

#include <algorithm>

namespace dragoman {

namespace {

// The names in these messages are the ones the caller knows: inputs[3], text_pair.
[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

TextInput read_input(Json input, size_t index, bool pairs) {
  if (input.is_string()) return {std::string(input.as_string()), std::nullopt};
  const std::string name = "inputs[" + std::to_string(index) + "]";
  if (!pairs || !input.is_object()) {
    refuse(name + " is not a string" + (pairs ? " and not {text, text_pair}." : "."));
  }
  input.each_member([&](std::string_view key, Json value) {
    if (key != "text" && key != "text_pair") {
      refuse(name + " has a member \"" + std::string(key.substr(0, 60)) +
             "\"; only text and text_pair are known.");
    }
    // JavaScript writes a pair without a second text as null.
    const bool absent = key == "text_pair" && value.is_null();
    if (!value.is_string() && !absent) refuse(name + "." + std::string(key) + " is not a string.");
  });
  if (!input.has("text")) refuse(name + ".text is missing.");
  TextInput result{std::string(input.at("text").as_string()), std::nullopt};
  if (input.has("text_pair")) result.pair = std::string(input.at("text_pair").as_string());
  return result;
}

}  // namespace

Json request_inputs(Json request) {
  if (!request.is_object() || !request.has("inputs") || !request.at("inputs").is_array()) {
    refuse("A request needs \"inputs\", an array.");
  }
  return request.at("inputs");
}

std::string text_member(Json object, std::string_view key, const std::string& input) {
  if (!object.is_object() || !object.has(key) || !object.at(key).is_string()) {
    refuse(input + "." + std::string(key) + " is not a string.");
  }
  return std::string(object.at(key).as_string());
}

void check_members(Json object, std::initializer_list<std::string_view> known,
                   const std::string& input) {
  if (!object.is_object()) refuse(input + " is not an object.");
  object.each_member([&](std::string_view key, Json) {
    if (std::find(known.begin(), known.end(), key) != known.end()) return;
    std::string list;
    for (const std::string_view name : known) {
      list += (list.empty() ? "" : ", ") + std::string(name);
    }
    refuse(input + " has a member \"" + std::string(key.substr(0, 60)) + "\"; known are " + list +
           ".");
  });
}

std::vector<std::string> read_words(Json value, const std::string& name) {
  if (!value.is_array() || value.size() == 0) refuse(name + " is not an array of words.");
  std::vector<std::string> words;
  for (size_t i = 0; i < value.size(); ++i) {
    if (!value.at(i).is_string()) {
      refuse(name + " has a word that is not a string, at index " + std::to_string(i) + ".");
    }
    words.emplace_back(value.at(i).as_string());
  }
  return words;
}

std::vector<TextInput> read_inputs(Json request, bool pairs) {
  const Json inputs = request_inputs(request);
  // Texts are copied: a job outlives the document of its request.
  std::vector<TextInput> result;
  result.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    result.push_back(read_input(inputs.at(i), i, pairs));
  }
  return result;
}

uint64_t request_entropy(Json request) {
  if (!request.has("entropy")) return 0;
  const Json value = request.at("entropy");
  if (!value.is_integer() || value.as_int() < 0) refuse("\"entropy\" is no whole number.");
  return static_cast<uint64_t>(value.as_int());
}

// A misplaced option, beside "options" instead of in it, must not be lost.
std::optional<Json> request_options(Json request, std::string_view also) {
  request.each_member([also](std::string_view key, Json) {
    if (key == also) return;
    if (key != "inputs" && key != "options" && key != "entropy") {
      refuse("A request has a member \"" + std::string(key.substr(0, 60)) +
             "\"; only inputs and options are known.");
    }
  });
  if (!request.has("options")) return std::nullopt;
  return request.at("options");
}

}  // namespace dragoman
