// Writes JSON, over RapidJSON: results on their way to JavaScript.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dragoman {

/// Values are written in order; keys precede their values. The caller keeps begin and end paired.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);
  void string(std::string_view utf8);  // escaped as needed, NUL included
  void boolean(bool value);
  void integer(long long value);
  void number(double value);  // JSON has no NaN and no infinity: they become null
  void null();

  /// The text so far.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
