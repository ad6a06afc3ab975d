// JSON over RapidJSON: iterative parsing (deep nesting cannot overflow the stack), then checked
// access.
#include "base/json.hpp"

#include <cmath>
#include <cstdlib>

// RapidJSON's own assertions would abort; every access below is checked before it is made.
#define RAPIDJSON_ASSERT(x) static_cast<void>(0)
#define RAPIDJSON_HAS_STDSTRING 0
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/internal/dtoa.h>

namespace dragoman {

namespace {

constexpr int kMaxDepth = 256;

const rapidjson::Value& value_of(const void* value) {
  return *static_cast<const rapidjson::Value*>(value);
}

// RapidJSON has no depth limit of its own; hostile files nest by the million.
bool deeper_than(std::string_view text, int limit) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

const rapidjson::Value* find(const rapidjson::Value& object, std::string_view key) {
  const rapidjson::Value name(rapidjson::StringRef(key.data() == nullptr ? "" : key.data(),
                                                   static_cast<rapidjson::SizeType>(key.size())));
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

}  // namespace

struct JsonDocument::Impl {
  rapidjson::Document document;
};

JsonDocument::JsonDocument(std::string_view text, std::string file, ErrorCode code)
    : impl_(std::make_unique<Impl>()), file_(std::move(file)), code_(code) {
  if (deeper_than(text, kMaxDepth)) {
    throw Error(code_, file_ + " nests deeper than " + std::to_string(kMaxDepth) + " levels.");
  }
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag | rapidjson::kParseNanAndInfFlag;
  impl_->document.Parse<kFlags>(text.data() == nullptr ? "" : text.data(), text.size());
  if (impl_->document.HasParseError()) {
    throw Error(code_, file_ + " is not valid JSON at byte " +
                           std::to_string(impl_->document.GetErrorOffset()) + ": " +
                           rapidjson::GetParseError_En(impl_->document.GetParseError()));
  }
}

JsonDocument::~JsonDocument() = default;

Json JsonDocument::root() const {
  return Json(&impl_->document, this);
}

void Json::fail(const std::string& what) const {
  throw Error(document_->code(), document_->file() + ": " + what + ".");
}

bool Json::is_null() const {
  return value_of(value_).IsNull();
}
bool Json::is_bool() const {
  return value_of(value_).IsBool();
}
bool Json::is_number() const {
  return value_of(value_).IsNumber();
}
bool Json::is_string() const {
  return value_of(value_).IsString();
}
bool Json::is_array() const {
  return value_of(value_).IsArray();
}
bool Json::is_object() const {
  return value_of(value_).IsObject();
}

bool Json::is_integer() const {
  const auto& value = value_of(value_);
  if (value.IsInt64() || value.IsUint64()) return true;
  if (!value.IsNumber()) return false;
  const double number = value.GetDouble();
  return std::trunc(number) == number && std::fabs(number) < 9007199254740992.0;
}

bool Json::as_bool() const {
  if (!is_bool()) fail("a true or false is expected");
  return value_of(value_).GetBool();
}

double Json::as_double() const {
  if (!is_number()) fail("a number is expected");
  return value_of(value_).GetDouble();
}

// The shortest digits that read as this number are those of the file, which a program wrote.
double Json::as_serde_double() const {
  const double value = as_double();
  if (!std::isfinite(value) || value == 0 || value_of(value_).IsInt64()) return value;
  char digits[32];
  int count = 0;
  int exponent = 0;
  rapidjson::internal::Grisu2(std::fabs(value), digits, &count, &exponent);
  uint64_t significand = 0;
  for (int i = 0; i < count; ++i) {
    significand = significand * 10 + static_cast<uint64_t>(digits[i] - '0');
  }
  if (std::abs(exponent) > 300) return value;
  const double power = rapidjson::internal::Pow10(std::abs(exponent));
  const auto number = static_cast<double>(significand);
  return std::copysign(exponent < 0 ? number / power : number * power, value);
}

int64_t Json::as_int() const {
  const auto& value = value_of(value_);
  if (value.IsInt64()) return value.GetInt64();
  if (!is_integer() || value.IsUint64()) fail("an integer is expected");
  return static_cast<int64_t>(value.GetDouble());
}

uint64_t Json::as_uint() const {
  const auto& value = value_of(value_);
  if (value.IsUint64()) return value.GetUint64();
  if (!is_integer() || value.GetDouble() < 0) fail("a non-negative integer is expected");
  return static_cast<uint64_t>(value.GetDouble());
}

std::string_view Json::as_string() const {
  if (!is_string()) fail("a string is expected");
  return {value_of(value_).GetString(), value_of(value_).GetStringLength()};
}

size_t Json::size() const {
  if (is_array()) return value_of(value_).Size();
  if (is_object()) return value_of(value_).MemberCount();
  fail("an array or object is expected");
}

Json Json::at(size_t index) const {
  if (!is_array()) fail("an array is expected");
  if (index >= size()) fail("an array has no element " + std::to_string(index));
  return Json(&value_of(value_)[static_cast<rapidjson::SizeType>(index)], document_);
}

Json Json::at(std::string_view key) const {
  if (!is_object()) fail("an object with \"" + std::string(key) + "\" is expected");
  const auto* member = find(value_of(value_), key);
  if (member == nullptr) fail("\"" + std::string(key) + "\" is missing");
  return Json(member, document_);
}

bool Json::has(std::string_view key) const {
  if (!is_object()) return false;
  const auto* member = find(value_of(value_), key);
  return member != nullptr && !member->IsNull();
}

void Json::each_member(const std::function<void(std::string_view, Json)>& f) const {
  if (!is_object()) fail("an object is expected");
  const auto& object = value_of(value_);
  for (auto member = object.MemberBegin(); member != object.MemberEnd(); ++member) {
    f({member->name.GetString(), member->name.GetStringLength()}, Json(&member->value, document_));
  }
}

bool Json::get_bool(std::string_view key, bool fallback) const {
  return has(key) ? at(key).as_bool() : fallback;
}

int64_t Json::get_int(std::string_view key, int64_t fallback) const {
  return has(key) ? at(key).as_int() : fallback;
}

double Json::get_double(std::string_view key, double fallback) const {
  return has(key) ? at(key).as_double() : fallback;
}

std::string Json::get_string(std::string_view key, std::string_view fallback) const {
  return std::string(has(key) ? at(key).as_string() : fallback);
}

}  // namespace dragoman
