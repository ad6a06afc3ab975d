// The records of zip archives, one after the other.
#include "formats/zip_stream.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dragoman {

namespace {

// Signatures, and the sizes of what always follows them, signature included.
constexpr uint64_t kEntry = 0x04034B50;
constexpr uint64_t kDescriptor = 0x08074B50;
constexpr uint64_t kDirectoryEntry = 0x02014B50;
constexpr uint64_t kWideEnd = 0x06064B50;
constexpr uint64_t kWideEndLocator = 0x07064B50;
constexpr uint64_t kEnd = 0x06054B50;

constexpr size_t kSignatureBytes = 4;
constexpr size_t kEntryBytes = 30;
constexpr size_t kDirectoryEntryBytes = 46;
constexpr size_t kWideEndBytes = 56;
constexpr size_t kLocatorBytes = 20;
constexpr size_t kEndBytes = 22;
constexpr size_t kNarrowDescriptorBytes = 16;
constexpr size_t kWideDescriptorBytes = 24;

constexpr uint64_t kEncrypted = 1;
constexpr uint64_t kSizesFollow = 8;
constexpr uint64_t kStored = 0;
constexpr uint64_t kInExtraField = 0xFFFFFFFF;
constexpr uint64_t kWideExtra = 1;  // the extra field with sizes of 64 bits

// Of entries that are collected: a format version, a byte order, an id.
constexpr size_t kMaxCollected = 4096;

uint64_t read(std::span<const uint8_t> bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = width; i > 0; --i) value = value << 8 | bytes[at + i - 1];
  return value;
}

// Names in messages: those of a hostile file may be anything.
std::string printable(std::string_view text) {
  std::string result(text.substr(0, 80));
  std::replace_if(result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

}  // namespace

void ZipStream::fail(const std::string& what) const {
  throw Error(ErrorCode::kModelFormat, file_ + what);
}

void ZipStream::fail_entry(const std::string& what) const {
  fail(": its entry \"" + printable(name_) + "\" " + what + ".");
}

uint64_t ZipStream::field(size_t at, size_t width) const {
  return read(buffer_, at, width);
}

/// @returns whether the buffer has `wanted` bytes now
bool ZipStream::fill(std::span<const uint8_t>& bytes, uint64_t wanted) {
  const auto count = static_cast<size_t>(
      std::min<uint64_t>(wanted - std::min<uint64_t>(wanted, buffer_.size()), bytes.size()));
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
  bytes = bytes.subspan(count);
  return buffer_.size() >= wanted;
}

void ZipStream::feed(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    switch (part_) {
      case Part::kRecord:
        take_record(bytes);
        break;
      case Part::kData:
        take_data(bytes);
        break;
      case Part::kDescriptor:
        take_descriptor(bytes);
        break;
      case Part::kComment:
        if (bytes.size() > *comment_) fail(" has bytes after its end.");
        *comment_ -= bytes.size();
        bytes = {};
        break;
    }
  }
}

void ZipStream::take_record(std::span<const uint8_t>& bytes) {
  const uint64_t wanted = record_bytes();
  if (!fill(bytes, wanted) || record_bytes() > wanted) return;
  read_record();
}

// As far as what came of the record tells. The names and comments in it are 64 KB at most each.
uint64_t ZipStream::record_bytes() const {
  if (buffer_.size() < kSignatureBytes) return kSignatureBytes;
  switch (field(0, 4)) {
    case kEntry:
      if (buffer_.size() < kEntryBytes) return kEntryBytes;
      return kEntryBytes + field(26, 2) + field(28, 2);
    case kDirectoryEntry:
      if (buffer_.size() < kDirectoryEntryBytes) return kDirectoryEntryBytes;
      return kDirectoryEntryBytes + field(28, 2) + field(30, 2) + field(32, 2);
    case kWideEnd:
      return kWideEndBytes;
    case kWideEndLocator:
      return kLocatorBytes;
    case kEnd:
      return kEndBytes;
    default:
      fail(" has after its entry \"" + printable(name_) + "\" what no zip archive has.");
  }
}

void ZipStream::read_record() {
  switch (field(0, 4)) {
    case kEntry:
      if (in_directory_) fail(" has entries after its directory.");
      begin_entry();
      return;
    case kWideEnd:
      // It counts its bytes from behind the count.
      if (field(4, 8) != kWideEndBytes - 12) fail(" has a directory of unknown form.");
      break;
    case kEnd:
      comment_ = field(20, 2);
      part_ = Part::kComment;
      break;
    default:
      break;
  }
  in_directory_ = true;
  buffer_.clear();
}

void ZipStream::begin_entry() {
  const uint64_t flags = field(6, 2);
  const auto name_bytes = static_cast<ptrdiff_t>(field(26, 2));
  const auto name_at = buffer_.begin() + static_cast<ptrdiff_t>(kEntryBytes);
  name_.assign(name_at, name_at + name_bytes);
  if ((flags & kEncrypted) != 0) fail_entry("is encrypted");
  if (field(8, 2) != kStored) fail_entry("is compressed; only stored entries can be read");
  has_descriptor_ = (flags & kSizesFollow) != 0;
  read_extra(field(18, 4), field(22, 4));
  buffer_.clear();
  taken_ = 0;
  collected_ = !handler_.begin(name_);
  part_ = Part::kData;
  end_data();
}

// Sizes beyond 32 bits are in an extra field, where there are several, each with its length.
void ZipStream::read_extra(uint64_t compressed, uint64_t plain) {
  size_t at = kEntryBytes + static_cast<size_t>(field(26, 2));
  wide_ = false;
  while (buffer_.size() - at >= 4) {
    const uint64_t id = field(at, 2);
    const auto length = static_cast<size_t>(field(at + 2, 2));
    at += 4;
    if (length > buffer_.size() - at) fail_entry("has a damaged extra field");
    if (id == kWideExtra) {
      wide_ = true;
      if (length >= 16 && plain == kInExtraField && compressed == kInExtraField) {
        plain = field(at, 8);
        compressed = field(at + 8, 8);
      }
    }
    at += length;
  }
  if (plain != compressed) fail_entry("has two sizes");
  size_ = plain;
  // Not told yet; of an entry that is empty, told twice.
  if (has_descriptor_ && plain == 0) size_.reset();
}

void ZipStream::take_data(std::span<const uint8_t>& bytes) {
  if (collected_) {
    take_whole(bytes);
  } else {
    std::span<const uint8_t> offered = bytes;
    if (size_)
      offered =
          offered.first(static_cast<size_t>(std::min<uint64_t>(*size_ - taken_, offered.size())));
    const size_t count = handler_.take(offered);
    taken_ += count;
    bytes = bytes.subspan(count);
  }
  end_data();
}

// Without a size the entry ends where its descriptor says that it has the bytes before it.
void ZipStream::take_whole(std::span<const uint8_t>& bytes) {
  if (size_) {
    if (*size_ > kMaxCollected) fail_entry("belongs to no checkpoint");
    fill(bytes, *size_);
    taken_ = buffer_.size();
    return;
  }
  while (!bytes.empty() && !ends_with_descriptor()) {
    if (buffer_.size() > kMaxCollected) fail_entry("belongs to no checkpoint");
    fill(bytes, buffer_.size() + 1);
  }
}

bool ZipStream::ends_with_descriptor() const {
  const size_t width = wide_ ? 8 : 4;
  const size_t tail = wide_ ? kWideDescriptorBytes : kNarrowDescriptorBytes;
  if (buffer_.size() < tail) return false;
  const size_t length = buffer_.size() - tail;
  return field(length, 4) == kDescriptor && field(length + 8, width) == length &&
         field(length + 8 + width, width) == length;
}

// Ends the entry if all of it is here.
void ZipStream::end_data() {
  const bool collected_all = collected_ && (size_ ? taken_ == *size_ : ends_with_descriptor());
  if (collected_ && !collected_all) return;
  if (!collected_ && !handler_.ended()) {
    if (size_ && taken_ == *size_) {
      fail_entry("ends after " + std::to_string(taken_) + " bytes, too early");
    }
    return;
  }
  if (!collected_ && size_ && taken_ != *size_) {
    fail_entry("has " + std::to_string(*size_) + " bytes instead of " + std::to_string(taken_));
  }
  if (collected_) {
    const bool with_descriptor = !size_;
    const size_t tail = wide_ ? kWideDescriptorBytes : kNarrowDescriptorBytes;
    const size_t length = buffer_.size() - (with_descriptor ? tail : 0);
    handler_.whole(name_, {reinterpret_cast<const char*>(buffer_.data()), length});
    has_descriptor_ = has_descriptor_ && !with_descriptor;
    buffer_.clear();
  }
  part_ = has_descriptor_ ? Part::kDescriptor : Part::kRecord;
}

void ZipStream::take_descriptor(std::span<const uint8_t>& bytes) {
  if (!fill(bytes, wide_ ? kWideDescriptorBytes : kNarrowDescriptorBytes)) return;
  const size_t width = wide_ ? 8 : 4;
  if (field(0, 4) != kDescriptor || field(8, width) != taken_ ||
      field(8 + width, width) != taken_) {
    fail_entry("does not end after " + std::to_string(taken_) + " bytes, where it should");
  }
  buffer_.clear();
  part_ = Part::kRecord;
}

void ZipStream::finish() const {
  if (part_ == Part::kComment && *comment_ == 0) return;
  if (part_ == Part::kRecord) fail(" ends within its directory or before it.");
  fail_entry("is cut off");
}

}  // namespace dragoman
