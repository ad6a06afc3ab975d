// Zip archives read from their beginning to their end (APPNOTE.TXT of PKWARE), without the
// directory at their end that most readers begin with: weights are used while they arrive.
//
// Only stored entries can be read so. Their sizes may be told after their data, as torch does;
// then whoever takes the entry must know its end, or it must be small.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dragoman {

/// Who takes the entries.
class ZipHandler {
 public:
  virtual ~ZipHandler() = default;
  /// An entry begins. @returns whether it is taken as it comes; else it is collected and given
  /// to whole()
  virtual bool begin(std::string_view name) = 0;
  /// Takes bytes of an entry as they come and returns how many: fewer than given where it ends.
  virtual size_t take(std::span<const uint8_t> bytes) = 0;
  /// True when the entry that is taken as it comes has all its bytes.
  virtual bool ended() const = 0;
  virtual void whole(std::string_view name, std::string_view content) = 0;
};

class ZipStream {
 public:
  /// @param file  named in messages
  ZipStream(std::string file, ZipHandler& handler) : file_(std::move(file)), handler_(handler) {}

  /// Takes the next bytes. Throws model-format: an entry that is compressed or encrypted, a size
  /// that is contradicted, what is no part of an archive.
  void feed(std::span<const uint8_t> bytes);
  /// Throws model-format when the archive ended early.
  void finish() const;

 private:
  enum class Part : uint8_t { kRecord, kData, kDescriptor, kComment };
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_entry(const std::string& what) const;
  bool fill(std::span<const uint8_t>& bytes, uint64_t wanted);
  uint64_t field(size_t at, size_t width) const;

  void take_record(std::span<const uint8_t>& bytes);
  uint64_t record_bytes() const;
  void read_record();
  void begin_entry();
  void read_extra(uint64_t compressed, uint64_t plain);
  void take_data(std::span<const uint8_t>& bytes);
  void take_whole(std::span<const uint8_t>& bytes);
  bool ends_with_descriptor() const;
  void end_data();
  void take_descriptor(std::span<const uint8_t>& bytes);

  std::string file_;
  ZipHandler& handler_;
  Part part_ = Part::kRecord;
  std::vector<uint8_t> buffer_;  // of a record, a descriptor or an entry that is collected
  bool in_directory_ = false;
  std::optional<uint64_t> comment_;  // bytes left of it, after which the archive is over

  // Of the entry that is arriving.
  std::string name_;
  bool collected_ = false;
  bool has_descriptor_ = false;
  bool wide_ = false;             // its descriptor has sizes of 64 bits
  std::optional<uint64_t> size_;  // where the archive tells it beforehand
  uint64_t taken_ = 0;
};

}  // namespace dragoman
