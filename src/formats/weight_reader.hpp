// A weight file on its way in, whatever its format.
#pragma once

#include <cstdint>
#include <span>

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
};

}  // namespace dragoman
