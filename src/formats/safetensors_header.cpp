// Reading and validating the entries of a safetensors header.
#include "formats/safetensors_header.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"

namespace dragoman {

namespace {

constexpr uint64_t kLargest = std::numeric_limits<int64_t>::max();

/// One entry being read; its failures name file and tensor.
class EntryReader {
 public:
  EntryReader(const std::string& file, std::string_view name, Json info)
      : file_(file), name_(name), info_(info) {
    if (!info_.is_object()) fail("is not described by an object");
  }

  TensorEntry read() const {
    check_members();
    TensorEntry entry;
    entry.name = name_;
    entry.type = read_type();
    entry.shape = read_shape();
    const Json offsets = member("data_offsets");
    if (!offsets.is_array() || offsets.size() != 2) fail("has no pair of data_offsets");
    entry.begin = read_size(offsets.at(size_t{0}), "data_offsets");
    entry.end = read_size(offsets.at(size_t{1}), "data_offsets");
    if (entry.end < entry.begin) fail("has data_offsets that run backwards");
    check_bytes(entry);
    return entry;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kModelFormat, file_ + ": tensor \"" + name_ + "\" " + what + ".");
  }

  // JSON allows a repeated key, and readers differ in which one they take.
  void check_members() const {
    std::vector<std::string_view> keys;
    info_.each_member([&](std::string_view key, Json) { keys.push_back(key); });
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) fail("has two members \"" + std::string(*twice) + "\"");
  }

  Json member(std::string_view key) const {
    if (!info_.has(key)) fail("has no " + std::string(key));
    return info_.at(key);
  }

  const StoredType* read_type() const {
    const Json dtype = member("dtype");
    if (!dtype.is_string()) fail("has a dtype that is no string");
    const StoredType* type = find_stored_type(dtype.as_string());
    if (type == nullptr) fail("has the unknown dtype \"" + std::string(dtype.as_string()) + "\"");
    return type;
  }

  std::vector<int64_t> read_shape() const {
    const Json sizes = member("shape");
    if (!sizes.is_array()) fail("has a shape that is no array");
    std::vector<int64_t> shape;
    shape.reserve(sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
      shape.push_back(static_cast<int64_t>(read_size(sizes.at(i), "shape")));
    }
    return shape;
  }

  uint64_t read_size(Json number, const char* where) const {
    if (number.is_integer() && number.as_double() >= 0) {
      const uint64_t size = number.as_uint();
      if (size <= kLargest) return size;
    }
    fail("has a value in its " + std::string(where) + " that is no size");
  }

  // The product is checked at each step: it may overflow although a later factor is zero.
  void check_bytes(const TensorEntry& entry) const {
    uint64_t bits = entry.type->bits;
    for (const int64_t size : entry.shape) {
      const auto factor = static_cast<uint64_t>(size);
      if (factor != 0 && bits > kLargest / factor) {
        fail("has the shape " + shape_text(entry.shape) + ", too large for any file");
      }
      bits *= factor;
    }
    if (bits % 8 != 0) fail("of " + std::string(entry.type->name) + " ends within a byte");
    if (bits / 8 != entry.end - entry.begin) {
      fail("of " + std::string(entry.type->name) + " and shape " + shape_text(entry.shape) +
           " needs " + std::to_string(bits / 8) + " bytes, its data_offsets give it " +
           std::to_string(entry.end - entry.begin));
    }
  }

  const std::string& file_;
  std::string name_;
  Json info_;
};

// Its contents are for people; its form is checked because the reference does.
void check_metadata(const std::string& file, Json metadata) {
  if (metadata.is_null()) return;
  bool texts = metadata.is_object();
  if (texts)
    metadata.each_member([&](std::string_view, Json value) { texts &= value.is_string(); });
  if (!texts) {
    throw Error(ErrorCode::kModelFormat, file + ": \"__metadata__\" is no object of strings.");
  }
}

void check_names(const std::string& file, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    throw Error(ErrorCode::kModelFormat, file + ": tensor \"" + *twice + "\" occurs twice.");
  }
}

// Sorts by place and demands that each entry begins where the one before ends.
void check_places(const std::string& file, std::vector<TensorEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t place = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != place) {
      throw Error(ErrorCode::kModelFormat,
                  file + ": tensor \"" + entry.name + "\" begins at byte " +
                      std::to_string(entry.begin) + " of the data, " +
                      (entry.begin < place ? "within another that ends at "
                                           : "after a gap that begins at ") +
                      std::to_string(place) + ".");
    }
    place = entry.end;
  }
}

}  // namespace

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::vector<TensorEntry> read_safetensors_header(std::string_view json, const std::string& file) {
  // Spaces may follow the object, never precede it: the format promises '{' as the first byte.
  if (json.empty() || json.front() != '{') {
    throw Error(ErrorCode::kModelFormat, file + ": the header is no JSON object.");
  }
  const JsonDocument document(json, file, ErrorCode::kModelFormat);
  std::vector<TensorEntry> entries;
  std::vector<std::string> names;
  document.root().each_member([&](std::string_view name, Json info) {
    names.emplace_back(name);
    if (name == "__metadata__") {
      check_metadata(file, info);
    } else {
      entries.push_back(EntryReader(file, name, info).read());
    }
  });
  check_names(file, std::move(names));
  check_places(file, entries);
  return entries;
}

}  // namespace dragoman
