// The head is collected whole; then bytes are cut into rows.
#include "formats/gguf.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "formats/safetensors_header.hpp"

namespace dragoman {

struct GgufReader::Impl {
  void take_header(std::span<const uint8_t>& bytes);
  void take_data(std::span<const uint8_t>& bytes);
  void take_rows(std::span<const uint8_t>& bytes);
  void begin_tensor();
  void put_row(std::span<const uint8_t> bytes);
  Slot* place_of(const GgufTensor& tensor) const;
  const GgufTensor& tensor() const { return header->tensors()[current]; }
  bool ended() const { return current == header->tensors().size(); }

  std::string file;
  uint64_t file_bytes;
  OnHeader on_header;

  std::vector<uint8_t> partial;  // of the head, or of a row
  size_t next_try = 0;           // bytes of the head with which it is read again
  std::optional<GgufHeader> header;
  SlotTable* slots = nullptr;
  size_t current = 0;     // tensor that the next byte belongs to, or the padding before it
  uint64_t position = 0;  // bytes of the data that came
  Slot* slot = nullptr;   // of the current tensor; null where it is left out
  int row = 0;            // of it, that comes next
  size_t row_bytes = 0;
  std::vector<float> values;
  std::vector<int8_t> integers;
  std::vector<float> scales;
};

// Reading begins anew each time, so each time needs a good deal more bytes than the last.
void GgufReader::Impl::take_header(std::span<const uint8_t>& bytes) {
  partial.insert(partial.end(), bytes.begin(), bytes.end());
  bytes = {};
  if (partial.size() < next_try && partial.size() != file_bytes) return;
  next_try = partial.size() + std::max<size_t>(1024, partial.size() / 4);
  header = GgufHeader::read(partial, file_bytes, file);
  if (!header) return;
  slots = &on_header(*header);
  // Everything is checked now, not after a long download.
  for (const GgufTensor& entry : header->tensors()) place_of(entry);
  const std::vector<uint8_t> held = std::exchange(partial, {});
  begin_tensor();
  std::span<const uint8_t> rest =
      std::span(held).subspan(std::min(held.size(), static_cast<size_t>(header->data_begin())));
  while (!rest.empty()) take_data(rest);
}

// Null for a tensor that the model does without.
Slot* GgufReader::Impl::place_of(const GgufTensor& entry) const {
  const std::string named = file + ": tensor \"" + entry.name + "\" ";
  Slot* place = slots->find(entry.name);
  if (place == nullptr) {
    if (slots->ignored(entry.name)) return nullptr;
    throw Error(ErrorCode::kModelFormat, named + "is unknown to the model.");
  }
  if (entry.shape != place->shape()) {
    throw Error(ErrorCode::kModelFormat, named + "has the shape " + shape_text(entry.shape) +
                                             "; the model expects " + shape_text(place->shape()) +
                                             ".");
  }
  if (entry.type->read == nullptr) {
    throw Error(ErrorCode::kUnsupportedModel, named + "is stored as " + entry.type->name +
                                                  "; readable are " + readable_gguf_types() + ".");
  }
  return place;
}

void GgufReader::Impl::begin_tensor() {
  row = 0;
  if (ended()) return;
  slot = place_of(tensor());
  if (slot == nullptr) return;
  const auto rows = static_cast<uint64_t>(slot->rows());
  row_bytes = static_cast<size_t>((tensor().end - tensor().begin) / rows);
}

void GgufReader::Impl::take_data(std::span<const uint8_t>& bytes) {
  const auto skip = [&](uint64_t until) {
    const uint64_t count = std::min<uint64_t>(until - position, bytes.size());
    bytes = bytes.subspan(static_cast<size_t>(count));
    position += count;
  };
  if (ended()) return skip(position + bytes.size());  // padding: the head told the file's size
  if (position < tensor().begin) return skip(tensor().begin);
  if (slot != nullptr) {
    take_rows(bytes);
  } else {
    skip(tensor().end);
  }
  if (position < tensor().end) return;
  if (slot != nullptr) slots->mark_filled(tensor().name);
  ++current;
  begin_tensor();
}

// A row that lies whole in the piece is used where it lies; one that is cut is put together first.
void GgufReader::Impl::take_rows(std::span<const uint8_t>& bytes) {
  const size_t count = std::min(row_bytes - partial.size(), bytes.size());
  position += count;
  if (count == row_bytes) {
    put_row(bytes.first(count));
  } else {
    partial.insert(partial.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
    if (partial.size() == row_bytes) {
      put_row(partial);
      partial.clear();
    }
  }
  bytes = bytes.subspan(count);
}

void GgufReader::Impl::put_row(std::span<const uint8_t> bytes) {
  const GgufType& type = *tensor().type;
  const auto width = static_cast<size_t>(slot->cols());
  try {
    if (type.id == kGgufQ4_0) {
      integers.resize(width);
      scales.resize(width / type.block);
      read_gguf_q4_0(bytes, integers, scales);
      slot->put_row_int4(row, integers, scales);
    } else {
      values.resize(width);
      read_gguf_row(type, bytes, values);
      slot->put_row(row, values);
    }
  } catch (const Error& error) {
    throw Error(error.code(), file + ": tensor \"" + tensor().name + "\", row " +
                                  std::to_string(row) + ": " + error.what());
  }
  ++row;
}

GgufReader::GgufReader(std::string file, uint64_t file_bytes, OnHeader on_header)
    : impl_(std::make_unique<Impl>()) {
  impl_->file = std::move(file);
  impl_->file_bytes = file_bytes;
  impl_->on_header = std::move(on_header);
}

GgufReader::~GgufReader() = default;

void GgufReader::feed(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    if (impl_->header) {
      impl_->take_data(bytes);
    } else {
      impl_->take_header(bytes);
    }
  }
}

void GgufReader::finish() {
  Impl& state = *impl_;
  if (!state.header) {
    // A last attempt: its time may not have come yet.
    state.next_try = 0;
    std::span<const uint8_t> none;
    state.take_header(none);
  }
  if (!state.header) {
    throw Error(ErrorCode::kModelFormat, state.file + " ends within its head, after " +
                                             std::to_string(state.partial.size()) + " bytes.");
  }
  if (state.ended()) return;
  throw Error(ErrorCode::kModelFormat,
              state.file + ": tensor \"" + state.tensor().name + "\" is cut off: of the " +
                  std::to_string(state.header->tensors().back().end) + " bytes of data " +
                  std::to_string(state.position) + " came.");
}

uint64_t GgufReader::head_bytes() const {
  return impl_->header ? impl_->header->data_begin() : 0;
}

}  // namespace dragoman
