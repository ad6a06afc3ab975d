// The streaming side: bytes are cut into rows, rows are converted and handed to slots.
#include "formats/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "formats/safetensors_header.hpp"
#include "formats/tensor_plan.hpp"

namespace dragoman {

namespace {

constexpr size_t kLengthBytes = 8;

// FNV-1a over words: tells apart two tensors that should be one.
uint64_t extend_digest(uint64_t digest, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); i += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
    digest = (digest ^ word) * 0x100000001b3ULL;
    digest ^= digest >> 32;
  }
  return digest;
}

}  // namespace

struct SafetensorsReader::Impl {
  Impl(std::string name, uint64_t bytes, SlotTable& table)
      : file(std::move(name)), file_bytes(bytes), slots(table) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kModelFormat, file + what);
  }
  [[noreturn]] void fail_tensor(const PlannedTensor& tensor, const std::string& what) const {
    fail(": tensor \"" + tensor.entry.name + "\"" + what);
  }

  // Each takes what it can use from the front of `bytes`.
  void take_header(std::span<const uint8_t>& bytes);
  void take_data(std::span<const uint8_t>& bytes);
  void fill(std::span<const uint8_t>& bytes, size_t wanted);

  void read_length();
  void read_header();
  void complete_tensors();
  void take_row(std::span<const uint8_t> bytes);
  void put_row(const PlannedTensor& tensor, std::span<const uint8_t> bytes);
  void put_scales(const PlannedTensor& tensor, std::span<const uint8_t> bytes);
  void check_shape(const PlannedTensor& tensor, std::span<const uint8_t> bytes) const;
  void mark_complete(size_t index);
  void compare_copies() const;

  std::string file;
  uint64_t file_bytes;  // 0: unknown
  SlotTable& slots;

  std::vector<uint8_t> partial;  // of the length, the header or a row
  uint64_t header_bytes = 0;     // 0 until the length is there
  bool has_header = false;

  struct Progress {
    bool complete = false;
    bool has_scales = false;
    uint64_t digest = 0xcbf29ce484222325ULL;
  };
  std::vector<PlannedTensor> plan;
  std::vector<Progress> progress;  // of the tensor with the same index
  size_t current = 0;              // tensor that the next byte belongs to
  uint64_t taken = 0;              // bytes of it that came
  uint64_t row = 0;
  std::vector<float> values;  // of one row
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
  plan = plan_tensors(std::move(entries), slots, file);
  progress.resize(plan.size());
  partial = {};
  has_header = true;
  complete_tensors();
}

// A row that lies whole in the piece is used where it lies; one that is cut is put together in
// `partial` first.
void SafetensorsReader::Impl::take_data(std::span<const uint8_t>& bytes) {
  if (current == plan.size()) {
    fail(" has " + std::to_string(bytes.size()) + " or more bytes after its last tensor.");
  }
  const PlannedTensor& tensor = plan[current];
  const size_t before = bytes.size();
  if (tensor.purpose == Purpose::kSkip) {
    const uint64_t left = tensor.entry.end - tensor.entry.begin - taken;
    bytes = bytes.subspan(static_cast<size_t>(std::min<uint64_t>(left, bytes.size())));
  } else if (partial.empty() && bytes.size() >= tensor.row_bytes) {
    take_row(bytes.first(tensor.row_bytes));
    bytes = bytes.subspan(tensor.row_bytes);
  } else {
    fill(bytes, tensor.row_bytes);
    if (partial.size() == tensor.row_bytes) {
      take_row(partial);
      partial.clear();
    }
  }
  taken += before - bytes.size();
  complete_tensors();
}

// Several tensors may end at one byte: empty ones have none of their own.
void SafetensorsReader::Impl::complete_tensors() {
  while (current < plan.size() && taken == plan[current].entry.end - plan[current].entry.begin) {
    mark_complete(current);
    ++current;
    taken = 0;
    row = 0;
  }
}

void SafetensorsReader::Impl::take_row(std::span<const uint8_t> bytes) {
  const PlannedTensor& tensor = plan[current];
  if (tensor.compared) {
    progress[current].digest = extend_digest(progress[current].digest, bytes);
  }
  switch (tensor.purpose) {
    case Purpose::kFloatRows:
    case Purpose::kInt8Rows:
      put_row(tensor, bytes);
      break;
    case Purpose::kScales:
      put_scales(tensor, bytes);
      break;
    case Purpose::kZeroPoint:
      if (!all_zero(bytes)) fail_tensor(tensor, " is not zero; only symmetric int8 can be read.");
      break;
    case Purpose::kShape:
      check_shape(tensor, bytes);
      break;
    case Purpose::kCopy:
    case Purpose::kSkip:
      break;
  }
  ++row;
}

// Slots do not know what their tensor is called; whoever reads the message needs to.
void SafetensorsReader::Impl::put_row(const PlannedTensor& tensor, std::span<const uint8_t> bytes) {
  const auto index = static_cast<int>(row);
  try {
    if (tensor.purpose == Purpose::kInt8Rows) {
      const auto* data = reinterpret_cast<const int8_t*>(bytes.data());
      tensor.slot->put_row_int8(index, {data, bytes.size()});
      return;
    }
    values.resize(static_cast<size_t>(tensor.slot->cols()));
    to_floats(*tensor.entry.type->dtype, bytes, values);
    tensor.slot->put_row(index, values);
  } catch (const Error& error) {
    throw Error(error.code(), file + ": tensor \"" + tensor.entry.name + "\", row " +
                                  std::to_string(row) + ": " + error.what());
  }
}

// A scale of 0 is that of a row of zeros. Negative ones do not occur in symmetric quantisation.
void SafetensorsReader::Impl::put_scales(const PlannedTensor& tensor,
                                         std::span<const uint8_t> bytes) {
  const Dtype dtype = *tensor.entry.type->dtype;
  values.resize(bytes.size() / dtype_bytes(dtype));
  to_floats(dtype, bytes, values);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] >= 0.0F && values[i] <= std::numeric_limits<float>::max())) {
      fail_tensor(tensor, " holds " + std::to_string(values[i]) + " at row " + std::to_string(i) +
                              "; a scale is finite and not negative.");
    }
  }
  tensor.slot->put_scales(values);
}

void SafetensorsReader::Impl::check_shape(const PlannedTensor& tensor,
                                          std::span<const uint8_t> bytes) const {
  const size_t width = dtype_bytes(*tensor.entry.type->dtype);
  const std::vector<int64_t>& shape = plan[*tensor.base].entry.shape;
  for (size_t i = 0; i < 2; ++i) {
    int64_t size = 0;  // little-endian and positive: the low bytes are the value
    std::memcpy(&size, bytes.data() + i * width, width);
    if (shape.size() != 2 || size != shape[i]) {
      fail_tensor(tensor, " contradicts the shape " + shape_text(shape) + " of \"" +
                              plan[*tensor.base].entry.name + "\".");
    }
  }
}

// A slot is filled once its rows are there, of int8 rows also the scales.
void SafetensorsReader::Impl::mark_complete(size_t index) {
  const PlannedTensor& tensor = plan[index];
  progress[index].complete = true;
  if (tensor.purpose == Purpose::kFloatRows) slots.mark_filled(tensor.entry.name);
  if (tensor.purpose == Purpose::kScales) progress[*tensor.base].has_scales = true;
  const size_t rows = tensor.purpose == Purpose::kScales ? *tensor.base : index;
  if (plan[rows].purpose == Purpose::kInt8Rows && progress[rows].complete &&
      progress[rows].has_scales) {
    slots.mark_filled(plan[rows].entry.name);
  }
}

// Last of all, because scales may come after the tensors they belong to.
void SafetensorsReader::Impl::compare_copies() const {
  for (size_t i = 0; i < plan.size(); ++i) {
    if (!plan[i].twin || progress[i].digest == progress[*plan[i].twin].digest) continue;
    fail_tensor(plan[i], " differs from \"" + plan[*plan[i].twin].entry.name +
                             "\", to which the model ties it.");
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
  if (state.current < state.plan.size()) {
    const TensorEntry& entry = state.plan[state.current].entry;
    state.fail_tensor(state.plan[state.current],
                      " is cut off after " + std::to_string(state.taken) + " of " +
                          std::to_string(entry.end - entry.begin) + " bytes.");
  }
  state.compare_copies();
}

}  // namespace dragoman
