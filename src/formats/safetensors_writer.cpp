// Laying out tensors, and reading them out of their slots.
#include "formats/safetensors_writer.hpp"

#include <algorithm>
#include <cstring>

#include "base/json_writer.hpp"

namespace dragoman {

namespace {

constexpr size_t kAlignment = 8;

template <typename T>
std::span<uint8_t> bytes_of(std::span<T> values) {
  return {reinterpret_cast<uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace

uint64_t SafetensorsWriter::Piece::bytes() const {
  const auto rows = static_cast<uint64_t>(slot->rows());
  if (part == Part::kScales) return rows * sizeof(float);
  return rows * static_cast<uint64_t>(slot->cols()) *
         (part == Part::kFloats ? sizeof(float) : sizeof(int8_t));
}

// Floats lie before bytes, so that all of them are aligned.
SafetensorsWriter::SafetensorsWriter(const SlotTable& slots) {
  const std::vector<SlotTable::Filled> filled = slots.filled_slots();
  for (const auto& [name, slot] : filled) {
    if (slot->holds_int8()) {
      pieces_.push_back({name + "_scale", slot, Part::kScales});
    } else {
      pieces_.push_back({name, slot, Part::kFloats});
    }
  }
  for (const auto& [name, slot] : filled) {
    if (slot->holds_int8()) pieces_.push_back({name, slot, Part::kIntegers});
  }
  const std::string text = header();
  const uint64_t length = text.size();
  pending_.resize(sizeof length + text.size());
  std::memcpy(pending_.data(), &length, sizeof length);
  std::memcpy(pending_.data() + sizeof length, text.data(), text.size());
  size_ = pending_.size();
  for (const Piece& piece : pieces_) size_ += piece.bytes();
}

std::string SafetensorsWriter::header() const {
  JsonWriter writer;
  writer.begin_object();
  writer.key("__metadata__");
  writer.begin_object();
  writer.key("format");
  writer.string("pt");
  writer.end_object();
  uint64_t place = 0;
  for (const Piece& piece : pieces_) {
    writer.key(piece.name);
    writer.begin_object();
    writer.key("dtype");
    writer.string(piece.part == Part::kIntegers ? "I8" : "F32");
    writer.key("shape");
    writer.begin_array();
    const std::vector<int64_t> scales = {piece.slot->rows(), 1};
    for (const int64_t size : piece.part == Part::kScales ? scales : piece.slot->shape()) {
      writer.integer(size);
    }
    writer.end_array();
    writer.key("data_offsets");
    writer.begin_array();
    writer.integer(static_cast<long long>(place));
    place += piece.bytes();
    writer.integer(static_cast<long long>(place));
    writer.end_array();
    writer.end_object();
  }
  writer.end_object();
  std::string text = writer.text();
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  return text;
}

size_t SafetensorsWriter::read(std::span<uint8_t> out) {
  size_t written = 0;
  while (written < out.size()) {
    if (taken_ == pending_.size() && !next_row()) break;
    const size_t count = std::min(out.size() - written, pending_.size() - taken_);
    std::memcpy(out.data() + written, pending_.data() + taken_, count);
    written += count;
    taken_ += count;
  }
  return written;
}

bool SafetensorsWriter::next_row() {
  if (piece_ == pieces_.size()) return false;
  const auto& [name, slot, part] = pieces_[piece_];
  const auto cols = static_cast<size_t>(slot->cols());
  taken_ = 0;
  if (part == Part::kFloats) {
    std::vector<float> values(cols);
    slot->read_row(row_, values);
    const std::span<uint8_t> bytes = bytes_of(std::span(values));
    pending_.assign(bytes.begin(), bytes.end());
  } else {
    std::vector<int8_t> values(cols);
    float scale = slot->read_row_int8(row_, values);
    const std::span<uint8_t> bytes =
        part == Part::kScales ? bytes_of(std::span(&scale, 1)) : bytes_of(std::span(values));
    pending_.assign(bytes.begin(), bytes.end());
  }
  if (++row_ == slot->rows()) {
    row_ = 0;
    ++piece_;
  }
  return true;
}

}  // namespace dragoman
