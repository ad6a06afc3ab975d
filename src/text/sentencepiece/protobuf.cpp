// The wire format: a key (field number and wire type) and a value, again and again.
#include "text/sentencepiece/protobuf.hpp"

#include <bit>

#include "base/error.hpp"

namespace dragoman {

namespace {

constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kBytes = 2;
constexpr uint32_t kFixed32 = 5;

}  // namespace

void ProtobufReader::fail(const char* what) const {
  throw Error(ErrorCode::kTokenizerFormat, *file_ + " is damaged near byte " +
                                               std::to_string(position_) +
                                               " of a message: " + what + ".");
}

// Seven bits a byte, least first.
uint64_t ProtobufReader::read_varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (position_ >= bytes_.size()) fail("a number is cut off");
    const auto byte = static_cast<uint8_t>(bytes_[position_++]);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail("a number is longer than ten bytes");
}

// Compared without adding, so that lengths near 2^64 cannot wrap.
std::string_view ProtobufReader::take(uint64_t count) {
  if (count > bytes_.size() - position_) fail("a value reaches past the end");
  const std::string_view value = bytes_.substr(position_, static_cast<size_t>(count));
  position_ += value.size();
  return value;
}

bool ProtobufReader::next() {
  if (position_ == bytes_.size()) return false;
  const uint64_t key = read_varint();
  wire_type_ = static_cast<uint32_t>(key & 7);
  if (key >> 3 == 0 || key >> 32 != 0) fail("a field number is out of range");
  field_ = static_cast<uint32_t>(key >> 3);
  switch (wire_type_) {
    case kVarint:
      varint_ = read_varint();
      break;
    case kFixed64:
      value_ = take(8);
      break;
    case kBytes:
      value_ = take(read_varint());
      break;
    case kFixed32:
      value_ = take(4);
      break;
    default:
      fail("a wire type is unknown");
  }
  return true;
}

uint64_t ProtobufReader::as_varint() const {
  if (wire_type_ != kVarint) fail("a whole number is expected");
  return varint_;
}

float ProtobufReader::as_float() const {
  if (wire_type_ != kFixed32) fail("a 32-bit number is expected");
  uint32_t bits = 0;
  for (size_t i = 4; i-- > 0;) bits = (bits << 8) | static_cast<uint8_t>(value_[i]);
  return std::bit_cast<float>(bits);
}

std::string_view ProtobufReader::as_bytes() const {
  if (wire_type_ != kBytes) fail("a string or message is expected");
  return value_;
}

}  // namespace dragoman
