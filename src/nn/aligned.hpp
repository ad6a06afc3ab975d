// Arrays of packed weights: aligned to cache lines, and not written before the weights are.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace dragoman {

struct AlignedDelete {
  static constexpr std::align_val_t kAlignment{64};
  void operator()(void* memory) const { ::operator delete(memory, kAlignment); }
};

template <typename T>
using AlignedArray = std::unique_ptr<T[], AlignedDelete>;

/// Uninitialised. Throws std::bad_alloc.
template <typename T>
AlignedArray<T> make_aligned(size_t count) {
  static_assert(std::is_trivial_v<T>);
  void* memory = ::operator new(count * sizeof(T), AlignedDelete::kAlignment);
  return AlignedArray<T>(static_cast<T*>(memory));
}

}  // namespace dragoman
