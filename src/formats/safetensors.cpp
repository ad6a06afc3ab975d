// The streaming side: bytes are cut into header, tensors and rows.
#include "formats/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "formats/safetensors_header.hpp"
#include "formats/tensor_rows.hpp"

namespace dragoman {

namespace {

constexpr size_t kLengthBytes = 8;

}  // namespace

struct SafetensorsReader::Impl {
  Impl(std::string name, uint64_t bytes, SlotTable& slots)
      : file(std::move(name)), file_bytes(bytes), tensors(file, slots) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kModelFormat, file + what);
  }

  // Each takes what it can use from the front of `bytes`.
  void take_header(std::span<const uint8_t>& bytes);
  void take_data(std::span<const uint8_t>& bytes);
  void fill(std::span<const uint8_t>& bytes, size_t wanted);

  void read_length();
  void read_header();
  void complete_tensors();
  uint64_t bytes_of(size_t index) const {
    return tensors[index].entry.end - tensors[index].entry.begin;
  }

  std::string file;
  uint64_t file_bytes;  // 0: unknown

  std::vector<uint8_t> partial;  // of the length, the header or a row
  uint64_t header_bytes = 0;     // 0 until the length is there
  bool has_header = false;

  TensorRows tensors;
  size_t current = 0;  // tensor that the next byte belongs to
  uint64_t taken = 0;  // bytes of it that came
};

void SafetensorsReader::Impl::fill(std::span<const uint8_t>& bytes, size_t wanted) {
  const size_t count = std::min(wanted - partial.size(), bytes.size());
  partial.insert(partial.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
  bytes = bytes.subspan(count);
}

void SafetensorsReader::Impl::take_header(std::span<const uint8_t>& bytes) {
  if (header_bytes == 0) {
    fill(bytes, kLengthBytes);
    if (partial.size() == kLengthBytes) read_length();
    return;
  }
  // Grows with what arrives: a length alone makes nobody reserve memory.
  fill(bytes, static_cast<size_t>(header_bytes));
  if (partial.size() == header_bytes) read_header();
}

void SafetensorsReader::Impl::read_length() {
  std::memcpy(&header_bytes, partial.data(), kLengthBytes);
  partial.clear();
  if (header_bytes == 0) fail(" has an empty header.");
  if (header_bytes > kMaxSafetensorsHeader) {
    fail(" claims a header of " + std::to_string(header_bytes) + " bytes; at most " +
         std::to_string(kMaxSafetensorsHeader) + " are allowed.");
  }
  if (file_bytes != 0 && kLengthBytes + header_bytes > file_bytes) {
    fail(" claims a header of " + std::to_string(header_bytes) + " bytes, but has only " +
         std::to_string(file_bytes) + " bytes in all.");
  }
}

void SafetensorsReader::Impl::read_header() {
  const std::string_view json(reinterpret_cast<const char*>(partial.data()), partial.size());
  std::vector<TensorEntry> entries = read_safetensors_header(json, file);
  const uint64_t data_bytes = entries.empty() ? 0 : entries.back().end;
  const uint64_t described = kLengthBytes + header_bytes + data_bytes;
  if (file_bytes != 0 && described != file_bytes) {
    fail(" has " + std::to_string(file_bytes) + " bytes; its header describes " +
         std::to_string(described) + ".");
  }
  tensors.plan(std::move(entries));
  partial = {};
  has_header = true;
  complete_tensors();
}

// A row that lies whole in the piece is used where it lies; one that is cut is put together in
// `partial` first.
void SafetensorsReader::Impl::take_data(std::span<const uint8_t>& bytes) {
  if (current == tensors.size()) {
    fail(" has " + std::to_string(bytes.size()) + " or more bytes after its last tensor.");
  }
  const PlannedTensor& tensor = tensors[current];
  const size_t before = bytes.size();
  if (tensor.purpose == Purpose::kSkip) {
    const uint64_t left = bytes_of(current) - taken;
    bytes = bytes.subspan(static_cast<size_t>(std::min<uint64_t>(left, bytes.size())));
  } else if (partial.empty() && bytes.size() >= tensor.row_bytes) {
    tensors.take(current, bytes.first(tensor.row_bytes));
    bytes = bytes.subspan(tensor.row_bytes);
  } else {
    fill(bytes, tensor.row_bytes);
    if (partial.size() == tensor.row_bytes) {
      tensors.take(current, partial);
      partial.clear();
    }
  }
  taken += before - bytes.size();
  complete_tensors();
}

// Several tensors may end at one byte: empty ones have none of their own.
void SafetensorsReader::Impl::complete_tensors() {
  while (current < tensors.size() && taken == bytes_of(current)) {
    tensors.complete(current);
    ++current;
    taken = 0;
  }
}

SafetensorsReader::SafetensorsReader(std::string file, uint64_t file_bytes, SlotTable& slots)
    : impl_(std::make_unique<Impl>(std::move(file), file_bytes, slots)) {}

SafetensorsReader::~SafetensorsReader() = default;

void SafetensorsReader::feed(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    if (impl_->has_header) {
      impl_->take_data(bytes);
    } else {
      impl_->take_header(bytes);
    }
  }
}

void SafetensorsReader::finish() {
  const Impl& state = *impl_;
  if (!state.has_header) {
    state.fail(" ends within its header: " + std::to_string(state.partial.size()) + " of " +
               std::to_string(state.header_bytes == 0 ? kLengthBytes : state.header_bytes) +
               " bytes.");
  }
  if (state.current < state.tensors.size()) {
    state.tensors.fail(state.current, " is cut off after " + std::to_string(state.taken) + " of " +
                                          std::to_string(state.bytes_of(state.current)) +
                                          " bytes.");
  }
  state.tensors.finish();
}

}  // namespace dragoman
