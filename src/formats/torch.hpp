// Streaming reader of torch checkpoints, "pytorch_model.bin": what torch.save() made of a state
// dict, in the zip archives of torch 1.6 and later, or in the pickles one after the other of
// before (torch/serialization.py). Nothing in them is executed; see formats/pickle.hpp.
//
// Memory: the pickle and a row; a whole tensor where its elements are not stored in order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "formats/weight_reader.hpp"
#include "nn/slots.hpp"

namespace dragoman {

class TorchReader final : public WeightReader {
 public:
  /// @param file        name used in messages
  /// @param file_bytes  size of the whole file when known, else 0
  /// @param slots       where tensors go, as for SafetensorsReader
  TorchReader(std::string file, uint64_t file_bytes, SlotTable& slots);
  ~TorchReader() override;

  /// Throws model-format: neither kind of file, compressed or big-endian data, an opcode or global
  /// that no state dict needs, wrong shape, an unknown tensor.
  void feed(std::span<const uint8_t> bytes) override;
  void finish() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
