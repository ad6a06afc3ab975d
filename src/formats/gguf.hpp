// Streaming reader of GGUF files. Memory: the head while it comes, then one row.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "formats/gguf_header.hpp"
#include "formats/weight_reader.hpp"
#include "nn/slots.hpp"

namespace dragoman {

class GgufReader final : public WeightReader {
 public:
  /// Called once, when the head is there: gives the slots that tensors go to, by GGUF's names.
  using OnHeader = std::function<SlotTable&(const GgufHeader& header)>;

  /// @param file        name used in messages
  /// @param file_bytes  size of the whole file when known, else 0; checked against the head
  GgufReader(std::string file, uint64_t file_bytes, OnHeader on_header);
  ~GgufReader() override;

  /// Throws model-format for what is not as the format or the model expects, unsupported-model for
  /// types that are not read; and what on_header throws.
  void feed(std::span<const uint8_t> bytes) override;
  void finish() override;
  /// Bytes of the head, once it is there; 0 before.
  uint64_t head_bytes() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
