// Addresses checked against the buffers that exist.
#include "staging.hpp"

#include <string>

#include "base/error.hpp"

namespace dragoman {

namespace {

// More than any piece or file that goes through here; memory that grew for a mistake stays grown.
constexpr double kMaxBytes = 536870912.0;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

}  // namespace

uintptr_t Staging::allocate(double bytes) {
  if (!(bytes >= 1.0 && bytes <= kMaxBytes)) {
    refuse("A buffer of " + std::to_string(bytes) + " bytes cannot be had; 1 to 536870912 can.");
  }
  const auto size = static_cast<size_t>(bytes);
  // Not value-initialised: JavaScript fills it.
  Buffer buffer{std::unique_ptr<uint8_t[]>(new uint8_t[size]), size};
  const auto address = reinterpret_cast<uintptr_t>(buffer.bytes.get());
  buffers_.emplace(address, std::move(buffer));
  return address;
}

void Staging::release(uintptr_t address) {
  if (buffers_.erase(address) == 0) {
    refuse("No buffer begins at address " + std::to_string(address) + ".");
  }
}

std::span<uint8_t> Staging::view(uintptr_t address, double length) const {
  auto after = buffers_.upper_bound(address);
  if (after != buffers_.begin()) {
    const auto& [begin, buffer] = *std::prev(after);
    const size_t offset = address - begin;
    if (offset <= buffer.size && length >= 0 &&
        length <= static_cast<double>(buffer.size - offset)) {
      return {buffer.bytes.get() + offset, static_cast<size_t>(length)};
    }
  }
  refuse(std::to_string(length) + " bytes at address " + std::to_string(address) +
         " lie outside every buffer.");
}

}  // namespace dragoman
