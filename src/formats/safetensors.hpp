// Streaming reader of safetensors files (https://github.com/huggingface/safetensors, README).
// Memory: the header and one row.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "formats/weight_reader.hpp"
#include "nn/slots.hpp"

namespace dragoman {

class SafetensorsReader final : public WeightReader {
 public:
  /// @param file        name used in messages
  /// @param file_bytes  size of the whole file when known, else 0; checked against the header
  /// @param slots       where tensors go; `X_scale` beside an int8 `X` are its per-row scales
  SafetensorsReader(std::string file, uint64_t file_bytes, SlotTable& slots);
  ~SafetensorsReader() override;

  /// Throws model-format: header too large or not JSON, unknown dtype, overlapping, gapped or
  /// out-of-range tensors, wrong shape, an unknown tensor.
  void feed(std::span<const uint8_t> bytes) override;
  void finish() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
