// The writing half of JSON; see json.cpp for the reading half and the reason for the macros.
#include "base/json_writer.hpp"

#include <cmath>

#define RAPIDJSON_ASSERT(x) static_cast<void>(0)
#define RAPIDJSON_HAS_STDSTRING 0
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace dragoman {

struct JsonWriter::Impl {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) {}
JsonWriter::~JsonWriter() = default;

void JsonWriter::begin_object() {
  impl_->writer.StartObject();
}
void JsonWriter::end_object() {
  impl_->writer.EndObject();
}
void JsonWriter::begin_array() {
  impl_->writer.StartArray();
}
void JsonWriter::end_array() {
  impl_->writer.EndArray();
}
void JsonWriter::boolean(bool value) {
  impl_->writer.Bool(value);
}
void JsonWriter::integer(long long value) {
  impl_->writer.Int64(value);
}
void JsonWriter::null() {
  impl_->writer.Null();
}

void JsonWriter::key(std::string_view name) {
  impl_->writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void JsonWriter::string(std::string_view utf8) {
  // An empty view may have no data, which RapidJSON does not take.
  const char* data = utf8.empty() ? "" : utf8.data();
  impl_->writer.String(data, static_cast<rapidjson::SizeType>(utf8.size()));
}

void JsonWriter::number(double value) {
  if (std::isfinite(value)) {
    impl_->writer.Double(value);
  } else {
    impl_->writer.Null();
  }
}

std::string JsonWriter::text() const {
  return {impl_->buffer.GetString(), impl_->buffer.GetSize()};
}

}  // namespace dragoman
