// Readers of single values, and what is said of those that do not fit.
#include "tasks/field_reader.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace dragoman {

std::string shown_value(Json value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  if (value.is_string()) {
    const std::string_view text = value.as_string();
    return text.size() > 40 ? "a string of " + std::to_string(text.size()) + " bytes"
                            : "\"" + std::string(text) + "\"";
  }
  if (value.is_integer() && std::fabs(value.as_double()) < 1e15) {
    return std::to_string(value.as_int());
  }
  return std::to_string(value.as_double());
}

namespace {

// A bound of a range, without the zeros of std::to_string.
std::string shown(double bound) {
  if (std::trunc(bound) == bound) return std::to_string(static_cast<long long>(bound));
  std::string text = std::to_string(bound);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

}  // namespace

void FieldReader::refuse(Json value, const std::string& expected) const {
  throw Error(ErrorCode::kInvalidArgument, "The option \"" + std::string(name_) + "\" is " +
                                               shown_value(value) + "; " + expected +
                                               " is expected.");
}

std::string FieldReader::range() const {
  return " from " + shown(note_->min) + " to " + shown(note_->max);
}

// 4.0 is a whole number: JavaScript does not tell it from 4.
int FieldReader::whole_number(Json value) const {
  const bool fits =
      value.is_integer() && value.as_double() >= note_->min && value.as_double() <= note_->max;
  if (!fits) refuse(value, "a whole number" + range());
  return static_cast<int>(value.as_int());
}

std::string FieldReader::text(Json value) const {
  if (!value.is_string()) refuse(value, "a string");
  return std::string(value.as_string());
}

size_t FieldReader::one_of(std::initializer_list<std::string_view> names) const {
  const std::string_view value = value_.is_string() ? value_.as_string() : "";
  const auto* const found = std::find(names.begin(), names.end(), value);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  std::string known;
  for (const std::string_view name : names) {
    known += (known.empty() ? "one of \"" : ", \"") + std::string(name) + "\"";
  }
  refuse(value_, known);
}

void FieldReader::read(bool& field) const {
  if (!value_.is_bool()) refuse(value_, "true or false");
  field = value_.as_bool();
}

void FieldReader::read(float& field) const {
  // Written so that NaN is refused as well.
  const bool fits =
      value_.is_number() && value_.as_double() >= note_->min && value_.as_double() <= note_->max;
  if (!fits) refuse(value_, "a number" + range());
  field = static_cast<float>(value_.as_double());
}

// One string is a list of one; null is none.
void FieldReader::read(std::vector<std::string>& field) const {
  field.clear();
  if (value_.is_null()) return;
  if (value_.is_string()) {
    field.push_back(text(value_));
    return;
  }
  if (!value_.is_array()) refuse(value_, "a list of strings");
  for (size_t i = 0; i < value_.size(); ++i) field.push_back(text(value_.at(i)));
}

}  // namespace dragoman
