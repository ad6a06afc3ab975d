// A reader of Protocol Buffers' wire format, enough for SentencePiece models, safe on any bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dragoman {

/// Walks the fields of one message. Every damage throws tokenizer-format, naming the file.
class ProtobufReader {
 public:
  /// @param file  name used in messages; must outlive the reader
  ProtobufReader(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(&file) {}

  /// Moves to the next field; false at the end. Its value is skipped unless read.
  bool next();
  uint32_t field() const { return field_; }

  // The value of the current field; a wrong wire type is an error.
  uint64_t as_varint() const;
  bool as_bool() const { return as_varint() != 0; }
  float as_float() const;
  std::string_view as_bytes() const;
  ProtobufReader as_message() const { return {as_bytes(), *file_}; }

 private:
  [[noreturn]] void fail(const char* what) const;
  uint64_t read_varint();
  std::string_view take(uint64_t count);

  // The message; a sub-message is a view into it.
  std::string_view bytes_;
  const std::string* file_;
  size_t position_ = 0;
  uint32_t field_ = 0;
  uint32_t wire_type_ = 0;
  uint64_t varint_ = 0;
  std::string_view value_;
};

}  // namespace dragoman
