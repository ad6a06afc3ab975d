// From the bytes of planned tensors to rows in slots: what readers of all formats have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/tensor_plan.hpp"
#include "nn/slots.hpp"

namespace dragoman {

/// The tensors of one file while their rows arrive. Rows of one tensor come in order; tensors come
/// in any order, and may be interleaved.
class TensorRows {
 public:
  /// @param file  named in messages
  TensorRows(std::string file, SlotTable& slots) : file_(std::move(file)), slots_(slots) {}

  /// Plans the tensors of the file. Throws as plan_tensors() does.
  void plan(std::vector<TensorEntry> entries);
  size_t size() const { return plan_.size(); }
  const PlannedTensor& operator[](size_t index) const { return plan_[index]; }
  /// Leaves the data of a tensor out: it is known to be a copy of another one's.
  void skip(size_t index);

  /// Takes the next row of tensor `index`. @param bytes  [row_bytes]
  void take(size_t index, std::span<const uint8_t> bytes);
  /// All rows of tensor `index` have come; of one that is skipped, nothing has.
  void complete(size_t index);
  /// After the last tensor: throws model-format where tied tensors differ.
  void finish() const;

  /// Throws model-format: "FILE: tensor "NAME"WHAT".
  [[noreturn]] void fail(size_t index, const std::string& what) const;

 private:
  struct Progress {
    uint64_t rows = 0;  // that came
    bool complete = false;
    bool has_scales = false;
    uint64_t digest = 0xcbf29ce484222325ULL;
  };
  void put_row(size_t index, std::span<const uint8_t> bytes);
  void put_scales(size_t index, std::span<const uint8_t> bytes);
  void check_shape(size_t index, std::span<const uint8_t> bytes) const;

  std::string file_;
  SlotTable& slots_;
  std::vector<PlannedTensor> plan_;
  std::vector<Progress> progress_;  // of the tensor with the same index
  std::vector<float> values_;       // of one row
};

}  // namespace dragoman
