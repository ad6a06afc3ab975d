// One member of a request on its way into the field of its name: one reader per type of field.
// Those of enumerations and lists are in generation_fields.cpp and encoder_fields.cpp.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "tasks/encoder_options.hpp"
#include "tasks/text2text_options.hpp"
#include "tasks/tokenizer_options.hpp"

namespace dragoman {

/// A value as the caller wrote it, as far as that fits a sentence.
std::string shown_value(Json value);

class FieldReader {
 public:
  FieldReader(std::string_view name, Json value) : name_(name), value_(value) {}
  bool found() const { return found_; }

  /// Called for every field of the struct; overloads of read() then know the field's type. Throws
  /// invalid-argument naming option, value and range.
  template <typename Field>
  void operator()(std::string_view name, Field& field, const FieldNote& note) {
    if (name != name_) return;
    found_ = true;
    note_ = &note;
    read(field);
  }

 private:
  [[noreturn]] void refuse(Json value, const std::string& expected) const;
  std::string range() const;
  int whole_number(Json value) const;
  std::string text(Json value) const;
  /// The place of the value among `names`.
  size_t one_of(std::initializer_list<std::string_view> names) const;
  std::vector<int32_t> token_list(Json value, bool single) const;

  void read(int& field) const { field = whole_number(value_); }
  void read(bool& field) const;
  void read(float& field) const;
  void read(std::string& field) const { field = text(value_); }
  void read(std::vector<std::string>& field) const;
  /// null is Python's None: the option is not set, whatever the model says.
  template <typename Field>
  void read(std::optional<Field>& field) const {
    field.reset();
    if (!value_.is_null()) read(field.emplace());
  }

  // Of generation.
  void read(EarlyStopping& field) const;
  void read(std::vector<int32_t>& field) const { field = token_list(value_, true); }
  void read(std::vector<std::vector<int32_t>>& field) const;
  void read(std::vector<SequenceBias>& field) const;
  void read(LengthDecay& field) const;

  // Of encoders and tokenizers.
  void read(Aggregation& field) const;
  void read(Pooling& field) const;
  void read(Precision& field) const;
  void read(ScoreFunction& field) const;
  void read(Truncation& field) const;
  void read(Padding& field) const;
  void read(PaddingSide& field) const;

  std::string_view name_;
  Json value_;
  const FieldNote* note_ = nullptr;
  bool found_ = false;
};

}  // namespace dragoman
