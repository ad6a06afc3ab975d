// A weight file on its way in, whatever its format.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "nn/slots.hpp"

namespace dragoman {

/// Bytes are offered as they arrive, in pieces of any size; rows of known tensors go to their slots
/// as soon as they are complete.
class WeightReader {
 public:
  virtual ~WeightReader() = default;
  /// Takes the next bytes. Throws model-format where they are not what the format, or the model,
  /// expects.
  virtual void feed(std::span<const uint8_t> bytes) = 0;
  /// Throws model-format when the file ended early.
  virtual void finish() = 0;
  /// Bytes at the beginning that describe the model, of a format that does, once they have come;
  /// else 0.
  virtual uint64_t head_bytes() const { return 0; }
};

/// The reader of a file: of torch checkpoints for "*.bin", of safetensors for all others.
/// @param file        name, also used in messages
/// @param file_bytes  size of the whole file when known, else 0
/// @param slots       where tensors go
std::unique_ptr<WeightReader> make_weight_reader(std::string file, uint64_t file_bytes,
                                                 SlotTable& slots);

}  // namespace dragoman
