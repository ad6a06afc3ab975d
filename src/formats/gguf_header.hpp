// The head of a GGUF file: metadata, and where its tensors lie
// (https://github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf_types.hpp"

namespace dragoman {

struct GgufTensor {
  std::string name;
  const GgufType* type = nullptr;
  std::vector<int64_t> shape;  // outermost first, as everywhere else
  uint64_t begin = 0;          // bytes from the end of the head
  uint64_t end = 0;
};

/// Largest head that is read, in bytes: vocabularies take some ten million.
inline constexpr uint64_t kMaxGgufHead = uint64_t{256} << 20;

class GgufHeader {
 public:
  /// Reads the head from the beginning of a file. Throws model-format or unsupported-model, naming
  /// `file` and the key or tensor at fault.
  /// @param file_bytes  size of the whole file when known, else 0
  /// @returns nothing while `bytes` end within the head
  static std::optional<GgufHeader> read(std::span<const uint8_t> bytes, uint64_t file_bytes,
                                        std::string file);

  const std::string& file() const { return file_; }
  /// Bytes before the data of the first tensor.
  uint64_t data_begin() const { return data_begin_; }
  /// In the order of their bytes, one after the other but for padding.
  const std::vector<GgufTensor>& tensors() const { return tensors_; }
  const GgufTensor* tensor(std::string_view name) const;

  // Values of the metadata. A wrong kind throws model-format, naming the key.
  bool has(std::string_view key) const { return values_.contains(key); }
  std::string_view text(std::string_view key, std::string_view fallback) const;
  int64_t integer(std::string_view key, int64_t fallback) const;
  double number(std::string_view key, double fallback) const;
  bool flag(std::string_view key, bool fallback) const;
  /// Elements of an array; 0 where there is none.
  size_t count(std::string_view key) const;
  /// Calls body(index, text) for each text of an array.
  void each_text(std::string_view key,
                 const std::function<void(size_t, std::string_view)>& body) const;
  /// Calls body(index, value) for each number of an array.
  void each_number(std::string_view key, const std::function<void(size_t, double)>& body) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  enum class Kind : uint32_t {
    kU8,
    kI8,
    kU16,
    kI16,
    kU32,
    kI32,
    kF32,
    kBool,
    kText,
    kArray,
    kU64,
    kI64,
    kF64,
    kNone
  };
  struct Value {
    Kind kind = Kind::kNone;
    Kind element = Kind::kNone;  // of an array
    uint64_t count = 0;          // of an array
    size_t at = 0;               // of its first byte, in bytes_
  };
  class Cursor;

  static size_t size_of(Kind kind);
  static const char* name_of(Kind kind);
  double number_at(Kind kind, size_t at) const;
  const Value* find(std::string_view key) const;
  const Value& array(std::string_view key) const;
  [[noreturn]] void refuse_kind(std::string_view key, const Value& value, const char* wanted) const;
  void read_values(Cursor& cursor, uint64_t count);
  void read_value(Cursor& cursor, const std::string& key, Value& value) const;
  void read_tensors(Cursor& cursor, uint64_t count);
  void read_tensor(Cursor& cursor, GgufTensor& tensor) const;
  void set_size(GgufTensor& tensor) const;
  void check_places(uint64_t file_bytes);
  uint64_t alignment() const;

  std::string file_;
  std::vector<uint8_t> bytes_;
  std::map<std::string, Value, std::less<>> values_;
  std::vector<GgufTensor> tensors_;
  std::map<std::string, size_t, std::less<>> index_;
  uint64_t data_begin_ = 0;
};

}  // namespace dragoman
