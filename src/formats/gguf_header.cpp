// Every count and length is compared with what is left before it is used.
#include "formats/gguf_header.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "formats/safetensors_header.hpp"

namespace dragoman {

namespace {

constexpr uint64_t kMaxEntries = 1 << 20;  // keys, and tensors
constexpr uint64_t kMaxName = 1 << 16;     // bytes of a key or name
constexpr uint64_t kMaxElements = uint64_t{1} << 40;
constexpr size_t kMaxDimensions = 4;

std::string shown(std::string_view name) {
  return "\"" + std::string(name.substr(0, 80)) + "\"";
}

}  // namespace

// A place in the bytes. Once something reaches beyond them, `ended` stays set and zeros are read.
class GgufHeader::Cursor {
 public:
  Cursor(const GgufHeader& header, std::span<const uint8_t> bytes)
      : header_(header), bytes_(bytes) {}

  template <typename T>
  T number() {
    T value{};
    if (take(sizeof value)) std::memcpy(&value, bytes_.data() + at - sizeof value, sizeof value);
    return value;
  }
  /// @param most  bytes; a longer one is an error
  std::string_view text(uint64_t most, const char* what) {
    const auto length = number<uint64_t>();
    if (length > most) {
      header_.fail(std::string(" has a ") + what + " of " + std::to_string(length) +
                   " bytes; at most " + std::to_string(most) + " are allowed.");
    }
    if (!take(length)) return {};
    return {reinterpret_cast<const char*>(bytes_.data() + at - length),
            static_cast<size_t>(length)};
  }
  bool take(uint64_t count) {
    if (count > bytes_.size() - at) ended = true;
    if (!ended) at += static_cast<size_t>(count);
    return !ended;
  }

  size_t at = 0;
  bool ended = false;

 private:
  const GgufHeader& header_;
  std::span<const uint8_t> bytes_;
};

void GgufHeader::fail(const std::string& what) const {
  throw Error(ErrorCode::kModelFormat, file_ + what);
}

size_t GgufHeader::size_of(Kind kind) {
  constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return kSizes[static_cast<size_t>(kind)];
}

const char* GgufHeader::name_of(Kind kind) {
  constexpr const char* kNames[] = {"UINT8",  "INT8",    "UINT16", "INT16",  "UINT32",
                                    "INT32",  "FLOAT32", "BOOL",   "STRING", "ARRAY",
                                    "UINT64", "INT64",   "FLOAT64"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<GgufHeader> GgufHeader::read(std::span<const uint8_t> bytes, uint64_t file_bytes,
                                           std::string file) {
  GgufHeader header;
  header.file_ = std::move(file);
  Cursor cursor(header, bytes);
  const auto magic = cursor.number<uint32_t>();
  const auto version = cursor.number<uint32_t>();
  if (cursor.ended) return std::nullopt;
  if (magic != 0x46554747) header.fail(" is no GGUF file: it does not begin with \"GGUF\".");
  if (version != 2 && version != 3) {
    header.fail(" is GGUF of version " + std::to_string(version) +
                (version % 65536 == 0 ? ", big-endian" : "") +
                "; versions 2 and 3, little-endian, can be read.");
  }
  const auto tensors = cursor.number<uint64_t>();
  const auto values = cursor.number<uint64_t>();
  if (cursor.ended) return std::nullopt;
  if (tensors > kMaxEntries || values > kMaxEntries) {
    header.fail(" claims " + std::to_string(tensors) + " tensors and " + std::to_string(values) +
                " keys; at most " + std::to_string(kMaxEntries) + " of each are allowed.");
  }
  header.read_values(cursor, values);
  if (!cursor.ended) header.read_tensors(cursor, tensors);
  if (cursor.at > kMaxGgufHead || (cursor.ended && bytes.size() > kMaxGgufHead)) {
    header.fail(" has more than " + std::to_string(kMaxGgufHead) + " bytes before its tensors.");
  }
  if (cursor.ended) return std::nullopt;
  header.bytes_.assign(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(cursor.at));
  const uint64_t alignment = header.alignment();
  header.data_begin_ = (cursor.at + alignment - 1) / alignment * alignment;
  header.check_places(file_bytes);
  if (!header.tensors_.empty() && bytes.size() < header.data_begin_) return std::nullopt;
  return header;
}

void GgufHeader::read_values(Cursor& cursor, uint64_t count) {
  for (uint64_t i = 0; i < count && !cursor.ended; ++i) {
    std::string key(cursor.text(kMaxName, "key"));
    Value value;
    read_value(cursor, key, value);
    if (cursor.ended) return;
    if (!values_.emplace(key, value).second) fail(": the key " + shown(key) + " is there twice.");
  }
}

void GgufHeader::read_value(Cursor& cursor, const std::string& key, Value& value) const {
  const auto read_kind = [&](const char* what) {
    const auto kind = cursor.number<uint32_t>();
    if (kind >= static_cast<uint32_t>(Kind::kNone)) {
      fail(": the key " + shown(key) + " has " + what + " of the unknown kind " +
           std::to_string(kind) + ".");
    }
    return static_cast<Kind>(kind);
  };
  value.kind = read_kind("a value");
  value.at = cursor.at;
  if (value.kind == Kind::kText) {
    cursor.text(kMaxGgufHead, "text");
    return;
  }
  if (value.kind != Kind::kArray) {
    cursor.take(size_of(value.kind));
    return;
  }
  value.element = read_kind("elements");
  value.count = cursor.number<uint64_t>();
  value.at = cursor.at;
  if (value.element == Kind::kArray) fail(": the key " + shown(key) + " is an array of arrays.");
  if (value.count > kMaxGgufHead) {
    fail(": the key " + shown(key) + " claims " + std::to_string(value.count) + " elements.");
  }
  if (value.element != Kind::kText) {
    cursor.take(value.count * size_of(value.element));
    return;
  }
  for (uint64_t i = 0; i < value.count && !cursor.ended; ++i) cursor.text(kMaxGgufHead, "text");
}

void GgufHeader::read_tensors(Cursor& cursor, uint64_t count) {
  for (uint64_t i = 0; i < count && !cursor.ended; ++i) {
    GgufTensor tensor;
    read_tensor(cursor, tensor);
    if (!cursor.ended) tensors_.push_back(std::move(tensor));
  }
}

void GgufHeader::read_tensor(Cursor& cursor, GgufTensor& tensor) const {
  tensor.name = cursor.text(kMaxName, "name");
  const auto dimensions = cursor.number<uint32_t>();
  if (dimensions > kMaxDimensions) {
    fail(": tensor " + shown(tensor.name) + " has " + std::to_string(dimensions) +
         " dimensions; at most " + std::to_string(kMaxDimensions) + " are allowed.");
  }
  uint64_t elements = 1;
  for (uint32_t i = 0; i < dimensions; ++i) {
    const auto size = cursor.number<uint64_t>();
    if (cursor.ended) return;
    if (size == 0 || size > kMaxElements || elements > kMaxElements / size) {
      fail(": tensor " + shown(tensor.name) + " has a dimension of " + std::to_string(size) +
           ", with which it has no or too many elements.");
    }
    elements *= size;
    tensor.shape.insert(tensor.shape.begin(), static_cast<int64_t>(size));
  }
  const auto type = cursor.number<uint32_t>();
  tensor.begin = cursor.number<uint64_t>();
  if (cursor.ended) return;
  tensor.type = find_gguf_type(type);
  if (tensor.type == nullptr) {
    fail(": tensor " + shown(tensor.name) + " is of the unknown type " + std::to_string(type) +
         "; readable are " + readable_gguf_types() + ".");
  }
  set_size(tensor);
}

void GgufHeader::set_size(GgufTensor& tensor) const {
  const auto width = static_cast<uint64_t>(tensor.shape.empty() ? 1 : tensor.shape.back());
  if (width % tensor.type->block != 0) {
    fail(": tensor " + shown(tensor.name) + " has rows of " + std::to_string(width) +
         " elements, no multiple of the " + std::to_string(tensor.type->block) + " in a block of " +
         tensor.type->name + ".");
  }
  uint64_t blocks = width / tensor.type->block;
  for (size_t i = 0; i + 1 < tensor.shape.size(); ++i) {
    blocks *= static_cast<uint64_t>(tensor.shape[i]);
  }
  if (tensor.begin > std::numeric_limits<uint64_t>::max() / 2) {
    fail(": tensor " + shown(tensor.name) + " begins at byte " + std::to_string(tensor.begin) +
         ", beyond any file.");
  }
  tensor.end = tensor.begin + blocks * tensor.type->bytes;
}

uint64_t GgufHeader::alignment() const {
  const int64_t value = integer("general.alignment", 32);
  if (value < 1 || value > 65536 || (value & (value - 1)) != 0) {
    fail(": general.alignment is " + std::to_string(value) + ", no power of two up to 65536.");
  }
  return static_cast<uint64_t>(value);
}

// Tensors fill the file one after the other, so what overlaps or leaves room is damage.
void GgufHeader::check_places(uint64_t file_bytes) {
  std::stable_sort(tensors_.begin(), tensors_.end(),
                   [](const GgufTensor& a, const GgufTensor& b) { return a.begin < b.begin; });
  const uint64_t unit = alignment();
  uint64_t next = 0;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const GgufTensor& tensor = tensors_[i];
    if (tensor.begin != next) {
      fail(": tensor " + shown(tensor.name) + " begins at byte " + std::to_string(tensor.begin) +
           " of the data; " + std::to_string(next) + " is expected.");
    }
    next = (tensor.end + unit - 1) / unit * unit;
    if (!index_.emplace(tensor.name, i).second) {
      fail(": tensor " + shown(tensor.name) + " is there twice.");
    }
  }
  if (file_bytes == 0) return;
  const uint64_t end = tensors_.empty() ? 0 : tensors_.back().end;
  if (file_bytes < data_begin_ + end || file_bytes > data_begin_ + next) {
    fail(" has " + std::to_string(file_bytes) + " bytes; its head describes " +
         std::to_string(data_begin_ + end) + ".");
  }
}

const GgufTensor* GgufHeader::tensor(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const GgufHeader::Value* GgufHeader::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void GgufHeader::refuse_kind(std::string_view key, const Value& value, const char* wanted) const {
  fail(": the key " + shown(key) + " is of the kind " + name_of(value.kind) + ", not " + wanted +
       ".");
}

std::string_view GgufHeader::text(std::string_view key, std::string_view fallback) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (value->kind != Kind::kText) refuse_kind(key, *value, "a text");
  Cursor cursor(*this, bytes_);
  cursor.at = value->at;
  return cursor.text(kMaxGgufHead, "text");
}

double GgufHeader::number_at(Kind kind, size_t at) const {
  const auto as = [&]<typename T>(T value) {
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return static_cast<double>(value);
  };
  switch (kind) {
    case Kind::kU8:
    case Kind::kBool:
      return as(uint8_t{});
    case Kind::kI8:
      return as(int8_t{});
    case Kind::kU16:
      return as(uint16_t{});
    case Kind::kI16:
      return as(int16_t{});
    case Kind::kU32:
      return as(uint32_t{});
    case Kind::kI32:
      return as(int32_t{});
    case Kind::kF32:
      return as(float{});
    case Kind::kU64:
      return as(uint64_t{});
    case Kind::kI64:
      return as(int64_t{});
    case Kind::kF64:
      return as(double{});
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

double GgufHeader::number(std::string_view key, double fallback) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  const bool is_number = value->kind != Kind::kText && value->kind != Kind::kArray;
  if (!is_number || value->kind == Kind::kBool) refuse_kind(key, *value, "a number");
  return number_at(value->kind, value->at);
}

int64_t GgufHeader::integer(std::string_view key, int64_t fallback) const {
  if (!has(key)) return fallback;
  const double value = number(key, 0.0);
  // Sizes and ids are exact as doubles; what is larger is damage.
  if (!(std::fabs(value) <= 0x1p53) || value != std::floor(value)) {
    fail(": the key " + shown(key) + " is " + std::to_string(value) + ", no whole number.");
  }
  return static_cast<int64_t>(value);
}

bool GgufHeader::flag(std::string_view key, bool fallback) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (value->kind != Kind::kBool) refuse_kind(key, *value, "BOOL");
  return bytes_[value->at] != 0;
}

const GgufHeader::Value& GgufHeader::array(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) fail(" lacks the key " + shown(key) + ".");
  if (value->kind != Kind::kArray) refuse_kind(key, *value, "an array");
  return *value;
}

size_t GgufHeader::count(std::string_view key) const {
  return has(key) ? static_cast<size_t>(array(key).count) : 0;
}

void GgufHeader::each_text(std::string_view key,
                           const std::function<void(size_t, std::string_view)>& body) const {
  const Value& value = array(key);
  if (value.element != Kind::kText) fail(": the key " + shown(key) + " is no array of texts.");
  Cursor cursor(*this, bytes_);
  cursor.at = value.at;
  for (size_t i = 0; i < value.count; ++i) body(i, cursor.text(kMaxGgufHead, "text"));
}

void GgufHeader::each_number(std::string_view key,
                             const std::function<void(size_t, double)>& body) const {
  const Value& value = array(key);
  if (value.element == Kind::kText) fail(": the key " + shown(key) + " is no array of numbers.");
  for (size_t i = 0; i < value.count; ++i) {
    body(i, number_at(value.element, value.at + i * size_of(value.element)));
  }
}

}  // namespace dragoman
