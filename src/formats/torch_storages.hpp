// From the bytes of a checkpoint's storages to rows of tensors.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensor_rows.hpp"
#include "formats/torch_state.hpp"

namespace dragoman {

/// The storages of one file, which arrive one after the other, in any order. Memory: a row of each
/// tensor in the storage that is arriving; the whole tensor where its elements do not lie in order.
class TorchStorages {
 public:
  TorchStorages(std::string file, SlotTable& slots);

  /// Takes what the pickle says. Throws as plan_tensors() and read_torch_state() do.
  void plan(const Pickle& pickle);
  /// Storages by index; their order is that of the pickle.
  const std::vector<TorchStorage>& list() const { return state_.storages; }

  /// Begins the storage called `key`, and returns how many bytes it has. Throws model-format for
  /// one that no tensor uses, or that came before.
  uint64_t begin(std::string_view key);
  /// The storage that was begun last.
  const TorchStorage& current() const { return state_.storages[current_]; }
  /// The next bytes of the storage that was begun; never more than it has.
  void feed(std::span<const uint8_t> bytes);
  void end();
  /// After the last storage. Throws model-format for one that never came, naming a tensor in it.
  void finish() const;

 private:
  /// A tensor in the storage that is arriving.
  struct View {
    size_t tensor = 0;           // index
    uint64_t begin = 0;          // bytes from the storage's beginning
    uint64_t end = 0;            // one more than its last
    bool dense = true;           // its elements lie in order
    std::vector<uint8_t> bytes;  // that came of a row; of the whole view unless dense
  };
  void feed(View& view, std::span<const uint8_t> bytes);
  void gather(const View& view);

  std::string file_;
  TensorRows rows_;
  TorchState state_;
  std::map<std::string, size_t, std::less<>> places_;  // storage by key
  std::vector<bool> came_;                             // of the storage with the same index
  size_t current_ = 0;                                 // storage
  uint64_t position_ = 0;                              // in it
  std::vector<View> views_;                            // of it
};

}  // namespace dragoman
