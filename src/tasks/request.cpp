// Inputs of a request, checked one by one so that the message can name the one at fault.
#include "tasks/request.hpp"

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

std::vector<TextInput> read_inputs(Json request, bool pairs) {
  if (!request.is_object() || !request.has("inputs") || !request.at("inputs").is_array()) {
    refuse("A request needs \"inputs\", an array.");
  }
  const Json inputs = request.at("inputs");
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
std::optional<Json> request_options(Json request) {
  request.each_member([](std::string_view key, Json) {
    if (key != "inputs" && key != "options" && key != "entropy") {
      refuse("A request has a member \"" + std::string(key.substr(0, 60)) +
             "\"; only inputs and options are known.");
    }
  });
  if (!request.has("options")) return std::nullopt;
  return request.at("options");
}

}  // namespace dragoman
