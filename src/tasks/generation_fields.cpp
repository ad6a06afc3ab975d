// Options of generation that are neither plain numbers nor texts.
#include <cmath>

#include "tasks/field_reader.hpp"

namespace dragoman {

void FieldReader::read(EarlyStopping& field) const {
  if (value_.is_bool()) {
    field = value_.as_bool() ? EarlyStopping::kTrue : EarlyStopping::kFalse;
  } else if (value_.is_string() && value_.as_string() == "never") {
    field = EarlyStopping::kNever;
  } else {
    refuse(value_, "true, false or \"never\"");
  }
}

// Ids are only checked for their range here; whether the model has them is its own question.
std::vector<int32_t> FieldReader::token_list(Json value, bool single) const {
  if (value.is_null()) return {};
  if (single && value.is_number()) return {whole_number(value)};
  if (!value.is_array()) refuse(value, single ? "a token id or a list" : "a list of token ids");
  std::vector<int32_t> ids;
  for (size_t i = 0; i < value.size(); ++i) ids.push_back(whole_number(value.at(i)));
  return ids;
}

void FieldReader::read(std::vector<std::vector<int32_t>>& field) const {
  field.clear();
  if (value_.is_null()) return;
  if (!value_.is_array()) refuse(value_, "a list of lists of token ids");
  for (size_t i = 0; i < value_.size(); ++i) {
    field.push_back(token_list(value_.at(i), false));
    if (field.back().empty()) refuse(value_.at(i), "a list of at least one token id");
  }
}

// Pairs as Python's list form has them: [[[5, 6], -1.5], …]; it stands for a dictionary by tuples.
void FieldReader::read(std::vector<SequenceBias>& field) const {
  field.clear();
  if (value_.is_null()) return;
  const std::string expected = "a list of pairs [token ids, number]";
  if (!value_.is_array()) refuse(value_, expected);
  for (size_t i = 0; i < value_.size(); ++i) {
    const Json pair = value_.at(i);
    const bool fits = pair.is_array() && pair.size() == 2 && pair.at(size_t{1}).is_number() &&
                      std::isfinite(pair.at(size_t{1}).as_double());
    if (!fits) refuse(pair, expected);
    field.push_back({token_list(pair.at(size_t{0}), false),
                     static_cast<float>(pair.at(size_t{1}).as_double())});
  }
}

void FieldReader::read(LengthDecay& field) const {
  const bool fits = value_.is_array() && value_.size() == 2 && value_.at(size_t{1}).is_number();
  if (!fits) refuse(value_, "a pair [number of tokens, factor]");
  field = LengthDecay{whole_number(value_.at(size_t{0})),
                      static_cast<float>(value_.at(size_t{1}).as_double())};
}

}  // namespace dragoman
