// Arrays that belong to a result. Its JSON names them by their index; their bytes are copied once,
// never written out as numbers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"

namespace dragoman {

class Attachments {
 public:
  /// Writes {"type": "float32", "dims", "attachment"}. The values stay where they are: they belong
  /// to the job, which outlives its result.
  void write(JsonWriter& writer, std::initializer_list<size_t> dims, std::span<const float> values);
  /// The same of bytes. @param type  "int8" or "uint8"
  void write(JsonWriter& writer, std::initializer_list<size_t> dims,
             std::span<const uint8_t> values, std::string_view type);

  /// Attaches numbers of 32 bits, which live on here, and writes their index alone.
  void write(JsonWriter& writer, std::vector<int32_t> values);

  const std::vector<std::span<const uint8_t>>& arrays() const { return arrays_; }

 private:
  std::vector<std::span<const uint8_t>> arrays_;
  std::vector<std::vector<int32_t>> owned_;
};

}  // namespace dragoman
