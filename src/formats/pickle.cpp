// Cutting the bytes of a pickle into instructions.
#include "formats/pickle.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "formats/pickle_opcodes.hpp"

namespace dragoman {

void Pickle::fail(const std::string& what) const {
  throw Error(ErrorCode::kModelFormat, file_ + ": " + what);
}

// Bytes are taken one instruction at a time, and of that only as many as it is known to have: the
// end of the pickle is found without looking beyond it.
size_t Pickle::feed(std::span<const uint8_t> bytes) {
  size_t taken = 0;
  while (!done_) {
    const size_t wanted = instruction_bytes();
    const size_t count = std::min(wanted - instruction_.size(), bytes.size() - taken);
    const auto from = bytes.begin() + static_cast<ptrdiff_t>(taken);
    instruction_.insert(instruction_.end(), from, from + static_cast<ptrdiff_t>(count));
    taken += count;
    if (instruction_.size() < wanted) break;
    if (instruction_bytes() > wanted) continue;  // its length has become known
    execute();
    instruction_.clear();
  }
  return taken;
}

// The size of the instruction as far as what came of it tells.
size_t Pickle::instruction_bytes() const {
  if (instruction_.empty()) return 1;
  switch (instruction_.front()) {
    case kProto:
    case kBinInt1:
    case kBinGet:
    case kBinPut:
      return 2;
    case kBinInt2:
      return 3;
    case kBinInt:
    case kLongBinGet:
    case kLongBinPut:
      return 5;
    case kFrame:
      return 9;
    case kLong1:
    case kShortBinUnicode:
      return length_prefixed(1);
    case kBinUnicode:
      return length_prefixed(4);
    case kGlobalName:
      return global_bytes();
    default:
      return 1;
  }
}

size_t Pickle::length_prefixed(size_t prefix) const {
  if (instruction_.size() < 1 + prefix) return 1 + prefix;
  const uint64_t length = argument(prefix);
  if (length > kMaxText) {
    fail("its pickle has a value of " + std::to_string(length) + " bytes; at most " +
         std::to_string(kMaxText) + " are expected.");
  }
  return 1 + prefix + static_cast<size_t>(length);
}

// Two lines, taken byte by byte because only a line's end tells its length.
size_t Pickle::global_bytes() const {
  if (std::count(instruction_.begin(), instruction_.end(), '\n') >= 2) return instruction_.size();
  if (instruction_.size() > 2 * kMaxGlobal) fail("its pickle has a global of endless name.");
  return instruction_.size() + 1;
}

uint64_t Pickle::argument(size_t width) const {
  uint64_t value = 0;
  for (size_t i = width; i > 0; --i) value = value << 8 | instruction_[i];
  return value;
}

std::string Pickle::text_argument(size_t prefix) const {
  return {instruction_.begin() + 1 + static_cast<ptrdiff_t>(prefix), instruction_.end()};
}

}  // namespace dragoman
