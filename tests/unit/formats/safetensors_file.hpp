// Writes safetensors files for tests, right or wrong on purpose, and slots that record.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/safetensors.hpp"
#include "nn/slots.hpp"
#include "unit/errors.hpp"

namespace dragoman::test {

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::string file_of(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string prefix(8, '\0');
  std::memcpy(prefix.data(), &length, sizeof length);
  return prefix + header + data;
}

/// Tensors are laid out in the order of adding.
class SafetensorsFile {
 public:
  SafetensorsFile& add(const std::string& name, const std::string& dtype,
                       const std::vector<int64_t>& shape, const std::string& data) {
    std::string sizes;
    for (const int64_t size : shape) sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    header_ += (header_.empty() ? "" : ",") + std::string("\"") + name + "\":{\"dtype\":\"" +
               dtype + "\",\"shape\":[" + sizes + "],\"data_offsets\":[" +
               std::to_string(data_.size()) + "," + std::to_string(data_.size() + data.size()) +
               "]}";
    data_ += data;
    return *this;
  }
  SafetensorsFile& add(const std::string& name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
    return add(name, "F32", shape, bytes_of(values));
  }
  std::string header() const { return "{" + header_ + "}"; }
  std::string bytes() const { return file_of(header(), data_); }

 private:
  std::string header_;
  std::string data_;
};

/// Keeps what it is given, and holds readers to the promises of slots.hpp.
class RecordingSlot final : public Slot {
 public:
  explicit RecordingSlot(std::vector<int64_t> shape) : shape_(std::move(shape)) {}
  std::vector<int64_t> shape() const override { return shape_; }
  int rows() const override { return shape_.size() < 2 ? 1 : static_cast<int>(shape_[0]); }
  int cols() const override { return static_cast<int>(shape_.back()); }
  void put_row(int row, std::span<const float> values) override {
    for (const float value : values) {
      if (!std::isfinite(value)) throw Error(ErrorCode::kModelFormat, "A value is not finite.");
    }
    keep(floats[row], values);
  }
  void put_row_int8(int row, std::span<const int8_t> values) override { keep(int8s[row], values); }
  void put_scales(std::span<const float> values) override { keep(scales, values); }
  bool holds_int8() const override { return !int8s.empty(); }
  void read_row(int row, std::span<float> values) const override {
    std::copy_n(floats.at(row).begin(), values.size(), values.begin());
  }
  float read_row_int8(int row, std::span<int8_t> values) const override {
    std::copy_n(int8s.at(row).begin(), values.size(), values.begin());
    return scales.at(scales.size() == 1 ? 0 : static_cast<size_t>(row));
  }
  void list_regions(std::vector<Region>&) override {}

  std::map<int, std::vector<float>> floats;
  std::map<int, std::vector<int8_t>> int8s;
  std::vector<float> scales;

 private:
  template <typename T>
  void keep(std::vector<T>& place, std::span<const T> values) {
    if (!place.empty()) throw Error(ErrorCode::kInternal, "A row came twice.");
    place.assign(values.begin(), values.end());
  }
  std::vector<int64_t> shape_;
};

/// A model of recording slots.
struct RecordingModel {
  RecordingSlot& add(const std::string& name, std::vector<int64_t> shape) {
    slots.push_back(std::make_unique<RecordingSlot>(std::move(shape)));
    table.add(name, slots.back().get());
    return *slots.back();
  }
  SlotTable table;
  std::vector<std::unique_ptr<RecordingSlot>> slots;
};

/// Gives a reader `bytes` in pieces of `piece` bytes, and their end.
template <typename Reader>
void feed_pieces(Reader& reader, const std::string& bytes, size_t piece) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  for (size_t first = 0; first < bytes.size();) {
    const size_t count = std::min(piece, bytes.size() - first);
    reader.feed({data + first, count});
    first += count;
  }
  reader.finish();
}

/// Reads `bytes` in pieces of `piece` bytes. `known_size` tells the reader the size beforehand.
inline void load(RecordingModel& model, const std::string& bytes, size_t piece = SIZE_MAX,
                 bool known_size = true) {
  SafetensorsReader reader("w.safetensors", known_size ? bytes.size() : 0, model.table);
  feed_pieces(reader, bytes, piece);
}

/// "code: message" of the error that reading throws, or "".
inline std::string load_error(RecordingModel& model, const std::string& bytes,
                              size_t piece = SIZE_MAX, bool known_size = true) {
  return error_of([&] { load(model, bytes, piece, known_size); });
}

}  // namespace dragoman::test
