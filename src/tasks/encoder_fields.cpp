// Options of encoders and tokenizers that take one of a few values.
#include "tasks/field_reader.hpp"

namespace dragoman {

void FieldReader::read(Aggregation& field) const {
  field = static_cast<Aggregation>(one_of({"none", "simple", "first", "average", "max"}));
}

void FieldReader::read(Pooling& field) const {
  constexpr Pooling kValues[] = {Pooling::kNone, Pooling::kMean, Pooling::kFirst, Pooling::kFirst,
                                 Pooling::kLast, Pooling::kLast, Pooling::kModel};
  field = kValues[one_of({"none", "mean", "cls", "first_token", "last_token", "eos", "model"})];
}

void FieldReader::read(Precision& field) const {
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

void FieldReader::read(PaddingSide& field) const {
  field = PaddingSide::kByFiles;
  if (value_.is_null()) return;
  field = one_of({"left", "right"}) == 0 ? PaddingSide::kLeft : PaddingSide::kRight;
}

}  // namespace dragoman
