// Writes the weights of a loaded model as a safetensors file: the header first, then row by row
// what the slots hold. Read again, each row is packed into the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nn/slots.hpp"

namespace dragoman {

/// Matrices that are held as int8 become "X" and "X_scale", as compressed-tensors has them;
/// everything else becomes F32. Each slot is written once, under the name it was filled by.
class SafetensorsWriter {
 public:
  /// The slots must outlive the writer.
  explicit SafetensorsWriter(const SlotTable& slots);

  /// Bytes of the whole file.
  uint64_t size() const { return size_; }
  /// Writes the next bytes of the file. @returns how many: fewer than `out` has at the end only
  size_t read(std::span<uint8_t> out);

 private:
  enum class Part : uint8_t { kFloats, kScales, kIntegers };
  /// A tensor of the file.
  struct Piece {
    std::string name;
    const Slot* slot;
    Part part;
    uint64_t bytes() const;
  };
  std::string header() const;
  bool next_row();

  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
  size_t piece_ = 0;  // that the next row is of
  int row_ = 0;
  std::vector<uint8_t> pending_;  // the header or a row, of which `taken_` bytes are written
  size_t taken_ = 0;
};

}  // namespace dragoman
