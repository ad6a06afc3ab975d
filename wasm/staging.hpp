// Buffers in wasm memory that JavaScript copies file bytes into.
//
// JavaScript names them by pointer, so every pointer that comes back is looked up here before it
// is believed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>

namespace dragoman {

class Staging {
 public:
  /// @returns the address of `bytes` fresh bytes. Throws invalid-argument for 0 or for more than
  /// memory could ever hold, std::bad_alloc when memory is short.
  uintptr_t allocate(double bytes);
  /// Throws invalid-argument for an address that allocate() did not give.
  void release(uintptr_t address);
  /// The bytes [address, address + length) of one buffer; throws invalid-argument otherwise.
  std::span<uint8_t> view(uintptr_t address, double length) const;

 private:
  struct Buffer {
    std::unique_ptr<uint8_t[]> bytes;
    size_t size = 0;
  };
  std::map<uintptr_t, Buffer> buffers_;
};

}  // namespace dragoman
