// What is written down of an option: structs of options list their fields in a visit_fields each.
//
// A field is written down once, in visit_fields: its published name, its place, one line of
// documentation and its range. Reading requests, checking values, suggesting names and generating
// TypeScript and its documentation all walk that one list.
#pragma once

#include <string_view>

namespace dragoman {

/// What an option is besides its name and place. The range is meant for numbers and inclusive.
struct FieldNote {
  std::string_view doc;
  double min = 0;
  double max = 0;
  bool from_model = false;  // the model's generation_config.json may set another default
};

inline constexpr double kMaxTokens = 1 << 20;  // the longest sequence any family may have
inline constexpr double kMaxTokenId = (1 << 24) - 1;

}  // namespace dragoman
