// The state dict in a torch checkpoint's pickle: which tensors it names, and which part of which
// storage each of them is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/pickle.hpp"
#include "formats/safetensors_header.hpp"

namespace dragoman {

/// An array that tensors are views of; its bytes follow the pickle.
struct TorchStorage {
  std::string key;
  const StoredType* type = nullptr;
  uint64_t elements = 0;
  uint64_t bytes() const { return elements * (type->bits / 8); }
};

/// A view of a storage. Element [i, j] of a matrix is at offset + i * strides[0] + j * strides[1].
struct TorchTensor {
  /// As if the tensor were a file of its own: its bytes are [0, end).
  TensorEntry entry;
  size_t storage = 0;  // index
  uint64_t offset = 0;
  std::vector<uint64_t> strides;  // in elements, as many as the shape has sizes

  /// True when the elements lie one after the other.
  bool is_dense() const;
  /// One more than the index of the last element in the storage; offset when there is none.
  uint64_t reach() const;
  bool same_view(const TorchTensor& other) const;
};

struct TorchState {
  std::vector<TorchTensor> tensors;  // in the order of the pickle, no name twice
  std::vector<TorchStorage> storages;
};

/// Throws model-format naming `file`: something else than a dict of tensors, a tensor that reaches
/// beyond its storage, a name that occurs twice.
TorchState read_torch_state(const Pickle& pickle, const std::string& file);

}  // namespace dragoman
