// Read-only JSON, over RapidJSON: the only file that knows which parser is used.
//
// Files come from strangers, so every access is checked and says which file and which key was
// wrong. A `Json` is a cheap view; it must not outlive its `JsonDocument`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace dragoman {

class JsonDocument;

/// A view of one JSON value. Accessors throw the document's ErrorCode, naming file and path.
class Json {
 public:
  bool is_null() const;
  bool is_bool() const;
  bool is_number() const;
  bool is_integer() const;
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;

  bool as_bool() const;
  double as_double() const;
  /// As Rust's serde_json reads it: the digits as a number, then one division by a power of ten,
  /// which may differ in the last bit. Python `tokenizers` computes with such numbers.
  double as_serde_double() const;
  int64_t as_int() const;  // integral numbers only; 2.0 is accepted
  uint64_t as_uint() const;
  std::string_view as_string() const;  // UTF-8, may contain NUL

  size_t size() const;                   // of an array or object
  Json at(size_t index) const;           // array element; throws when absent
  Json at(std::string_view key) const;   // object member; throws when absent
  bool has(std::string_view key) const;  // present and not null
  /// Calls `f(key, value)` for each member in file order.
  void each_member(const std::function<void(std::string_view, Json)>& f) const;

  // Member with a default when absent or null; a wrong type still throws.
  bool get_bool(std::string_view key, bool fallback) const;
  int64_t get_int(std::string_view key, int64_t fallback) const;
  double get_double(std::string_view key, double fallback) const;
  std::string get_string(std::string_view key, std::string_view fallback) const;

 private:
  friend class JsonDocument;
  Json(const void* value, const JsonDocument* document) : value_(value), document_(document) {}
  [[noreturn]] void fail(const std::string& what) const;
  const void* value_;
  const JsonDocument* document_;
};

/// A parsed file. Nesting deeper than 256 and trailing bytes are errors; the bytes are copied.
class JsonDocument {
 public:
  /// @param file  name used in messages, such as "config.json"
  /// @param code  what every error of this document is thrown as
  JsonDocument(std::string_view text, std::string file, ErrorCode code);
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;
  Json root() const;
  const std::string& file() const { return file_; }
  ErrorCode code() const { return code_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string file_;
  ErrorCode code_;
};

}  // namespace dragoman
