// From JSON to the structs of options.hpp: one reader per type of field.
#include "tasks/option_reader.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tasks/option_names.hpp"

namespace dragoman {

namespace {

// A value as the caller wrote it, as far as that fits a sentence.
std::string shown(Json value) {
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

// A bound of a range, without the zeros of std::to_string.
std::string shown(double bound) {
  if (std::trunc(bound) == bound) return std::to_string(static_cast<long long>(bound));
  std::string text = std::to_string(bound);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

/// One member of the request on its way into the field of its name.
class FieldReader {
 public:
  FieldReader(std::string_view name, Json value) : name_(name), value_(value) {}
  bool found() const { return found_; }

  // Called for every field of the struct; overloads of read() then know the field's type.
  template <typename Field>
  void operator()(std::string_view name, Field& field, const FieldNote& note) {
    if (name != name_) return;
    found_ = true;
    note_ = &note;
    read(field);
  }

 private:
  [[noreturn]] void refuse(Json value, const std::string& expected) const {
    throw Error(ErrorCode::kInvalidArgument, "The option \"" + std::string(name_) + "\" is " +
                                                 shown(value) + "; " + expected + " is expected.");
  }
  std::string range() const { return " from " + shown(note_->min) + " to " + shown(note_->max); }

  // 4.0 is a whole number: JavaScript does not tell it from 4.
  int whole_number(Json value) const {
    const bool fits =
        value.is_integer() && value.as_double() >= note_->min && value.as_double() <= note_->max;
    if (!fits) refuse(value, "a whole number" + range());
    return static_cast<int>(value.as_int());
  }

  void read(int& field) const { field = whole_number(value_); }
  void read(bool& field) const {
    if (!value_.is_bool()) refuse(value_, "true or false");
    field = value_.as_bool();
  }
  void read(float& field) const {
    // Written so that NaN is refused as well.
    const bool fits =
        value_.is_number() && value_.as_double() >= note_->min && value_.as_double() <= note_->max;
    if (!fits) refuse(value_, "a number" + range());
    field = static_cast<float>(value_.as_double());
  }
  // null is Python's None: the option is not set, whatever the model says.
  void read(std::optional<int>& field) const {
    field.reset();
    if (!value_.is_null()) field = whole_number(value_);
  }
  void read(EarlyStopping& field) const {
    if (value_.is_bool()) {
      field = value_.as_bool() ? EarlyStopping::kTrue : EarlyStopping::kFalse;
    } else if (value_.is_string() && value_.as_string() == "never") {
      field = EarlyStopping::kNever;
    } else {
      refuse(value_, "true, false or \"never\"");
    }
  }
  void read(std::string& field) const { field = text(value_); }
  void read(std::optional<std::string>& field) const {
    field.reset();
    if (!value_.is_null()) field = text(value_);
  }
  void read(std::vector<std::string>& field) const;
  void read(Aggregation& field) const {
    field = static_cast<Aggregation>(one_of({"none", "simple", "first", "average", "max"}));
  }
  void read(Pooling& field) const;
  void read(std::optional<Precision>& field) const;
  void read(ScoreFunction& field) const;
  void read(Truncation& field) const;
  void read(std::optional<Truncation>& field) const {
    field.reset();
    if (!value_.is_null()) read(field.emplace());
  }
  void read(std::optional<bool>& field) const {
    field.reset();
    if (!value_.is_null()) read(field.emplace());
  }
  void read(Padding& field) const;
  void read(PaddingSide& field) const {
    field = PaddingSide::kByFiles;
    if (value_.is_null()) return;
    field = one_of({"left", "right"}) == 0 ? PaddingSide::kLeft : PaddingSide::kRight;
  }
  void read(std::vector<int32_t>& field) const { field = token_list(value_, true); }
  void read(std::vector<std::vector<int32_t>>& field) const;
  void read(std::vector<SequenceBias>& field) const;
  void read(std::optional<LengthDecay>& field) const;
  void read(std::optional<float>& field) const {
    field.reset();
    if (!value_.is_null()) read(field.emplace());
  }
  std::vector<int32_t> token_list(Json value, bool single) const;
  std::string text(Json value) const;
  size_t one_of(std::initializer_list<std::string_view> names) const;

  std::string_view name_;
  Json value_;
  const FieldNote* note_ = nullptr;
  bool found_ = false;
};

std::string FieldReader::text(Json value) const {
  if (!value.is_string()) refuse(value, "a string");
  return std::string(value.as_string());
}

// The place of the value among `names`.
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

void FieldReader::read(Pooling& field) const {
  constexpr Pooling kValues[] = {Pooling::kNone, Pooling::kMean, Pooling::kFirst, Pooling::kFirst,
                                 Pooling::kLast, Pooling::kLast, Pooling::kModel};
  field = kValues[one_of({"none", "mean", "cls", "first_token", "last_token", "eos", "model"})];
}

void FieldReader::read(std::optional<Precision>& field) const {
  field.reset();
  if (value_.is_null()) return;
  field = one_of({"binary", "ubinary"}) == 0 ? Precision::kBinary : Precision::kUnsignedBinary;
}

void FieldReader::read(ScoreFunction& field) const {
  if (value_.is_null()) {
    field = ScoreFunction::kByModel;
    return;
  }
  const std::string_view name = value_.is_string() ? value_.as_string() : "";
  if (name == "softmax") {
    field = ScoreFunction::kSoftmax;
  } else if (name == "sigmoid") {
    field = ScoreFunction::kSigmoid;
  } else if (name == "none") {
    field = ScoreFunction::kNone;
  } else {
    refuse(value_, "\"softmax\", \"sigmoid\", \"none\" or null");
  }
}

// Booleans as in transformers.js, names as in Python, where true means longest_first.
void FieldReader::read(Truncation& field) const {
  const std::string_view name = value_.is_string() ? value_.as_string() : "";
  if (value_.is_bool()) {
    field = value_.as_bool() ? Truncation::kLongestFirst : Truncation::kNone;
  } else if (name == "longest_first") {
    field = Truncation::kLongestFirst;
  } else if (name == "only_first") {
    field = Truncation::kOnlyFirst;
  } else if (name == "only_second") {
    field = Truncation::kOnlySecond;
  } else {
    refuse(value_, "true, false, \"longest_first\", \"only_first\" or \"only_second\"");
  }
}

// As for truncation, booleans go beside names.
void FieldReader::read(Padding& field) const {
  if (value_.is_bool()) {
    field = value_.as_bool() ? Padding::kLongest : Padding::kNone;
  } else {
    field = one_of({"longest", "max_length"}) == 0 ? Padding::kLongest : Padding::kMaxLength;
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

void FieldReader::read(std::optional<LengthDecay>& field) const {
  field.reset();
  if (value_.is_null()) return;
  const bool fits = value_.is_array() && value_.size() == 2 && value_.at(size_t{1}).is_number();
  if (!fits) refuse(value_, "a pair [number of tokens, factor]");
  field = LengthDecay{whole_number(value_.at(size_t{0})),
                      static_cast<float>(value_.at(size_t{1}).as_double())};
}

// Walks the members of the request rather than the fields of the struct, so that every one of
// them is either used or refused.
template <typename Options>
void read_members(Json options, Options& target) {
  if (options.is_null()) return;
  if (!options.is_object()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The options are " + shown(options) + "; an object is expected.");
  }
  options.each_member([&](std::string_view name, Json value) {
    FieldReader reader(name, value);
    visit_fields(target, reader);
    if (reader.found() || has_no_effect(name, value)) return;
    std::vector<std::string_view> known;
    visit_fields(target,
                 [&](std::string_view field, auto&, const FieldNote&) { known.push_back(field); });
    refuse_unknown(name, known);
  });
}

// A limit the caller names replaces the one of the other name that came from the model.
void settle_limits(Json options, GenerationConfig& generation) {
  if (!options.is_object()) return;
  if (options.has("max_length") && !options.has("max_new_tokens")) {
    generation.max_new_tokens.reset();
  }
  if (options.has("min_length") && !options.has("min_new_tokens")) {
    generation.min_new_tokens.reset();
  }
}

}  // namespace

void read_options(Json options, Text2TextOptions& target) {
  read_members(options, target);
  settle_limits(options, target.generation);
}
void read_options(Json options, TranslationOptions& target) {
  read_members(options, target);
  settle_limits(options, target.base.generation);
}
void read_options(Json options, SummarizationOptions& target) {
  read_members(options, target);
  settle_limits(options, target.base.generation);
}
void read_options(Json options, TextGenerationOptions& target) {
  read_members(options, target);
  settle_limits(options, target.base.generation);
}
void read_options(Json options, ClassificationOptions& target) {
  read_members(options, target);
}
void read_options(Json options, ZeroShotOptions& target) {
  read_members(options, target);
}
void read_options(Json options, FillMaskOptions& target) {
  read_members(options, target);
}
void read_options(Json options, FeatureOptions& target) {
  read_members(options, target);
}
void read_options(Json options, TokenClassificationOptions& target) {
  read_members(options, target);
}
void read_options(Json options, QuestionAnsweringOptions& target) {
  read_members(options, target);
}
void read_options(Json options, SemanticRoleOptions& target) {
  read_members(options, target);
}
void read_options(Json options, TokenizerOptions& target) {
  read_members(options, target);
}
void read_options(Json options, DecodeOptions& target) {
  read_members(options, target);
}

}  // namespace dragoman
