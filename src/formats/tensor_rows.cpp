// Conversion of rows, and the checks that need their values.
#include "formats/tensor_rows.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.hpp"

namespace dragoman {

namespace {

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

void TensorRows::plan(std::vector<TensorEntry> entries) {
  plan_ = plan_tensors(std::move(entries), slots_, file_);
  progress_.resize(plan_.size());
}

void TensorRows::fail(size_t index, const std::string& what) const {
  throw Error(ErrorCode::kModelFormat,
              file_ + ": tensor \"" + plan_[index].entry.name + "\"" + what);
}

void TensorRows::skip(size_t index) {
  plan_[index].purpose = Purpose::kSkip;
  plan_[index].twin.reset();
}

void TensorRows::take(size_t index, std::span<const uint8_t> bytes) {
  Progress& progress = progress_[index];
  if (plan_[index].compared) progress.digest = extend_digest(progress.digest, bytes);
  switch (plan_[index].purpose) {
    case Purpose::kFloatRows:
    case Purpose::kInt8Rows:
      put_row(index, bytes);
      break;
    case Purpose::kScales:
      put_scales(index, bytes);
      break;
    case Purpose::kZeroPoint:
      if (!all_zero(bytes)) fail(index, " is not zero; only symmetric int8 can be read.");
      break;
    case Purpose::kShape:
      check_shape(index, bytes);
      break;
    case Purpose::kCopy:
    case Purpose::kSkip:
      break;
  }
  ++progress.rows;
}

// Slots do not know what their tensor is called; whoever reads the message needs to.
void TensorRows::put_row(size_t index, std::span<const uint8_t> bytes) {
  const PlannedTensor& tensor = plan_[index];
  const uint64_t row = progress_[index].rows;
  try {
    if (tensor.purpose == Purpose::kInt8Rows) {
      const auto* data = reinterpret_cast<const int8_t*>(bytes.data());
      tensor.slot->put_row_int8(static_cast<int>(row), {data, bytes.size()});
      return;
    }
    values_.resize(static_cast<size_t>(tensor.slot->cols()));
    to_floats(*tensor.entry.type->dtype, bytes, values_);
    tensor.slot->put_row(static_cast<int>(row), values_);
  } catch (const Error& error) {
    throw Error(error.code(), file_ + ": tensor \"" + tensor.entry.name + "\", row " +
                                  std::to_string(row) + ": " + error.what());
  }
}

// A scale of 0 is that of a row of zeros. Negative ones do not occur in symmetric quantisation.
void TensorRows::put_scales(size_t index, std::span<const uint8_t> bytes) {
  const Dtype dtype = *plan_[index].entry.type->dtype;
  values_.resize(bytes.size() / dtype_bytes(dtype));
  to_floats(dtype, bytes, values_);
  for (size_t i = 0; i < values_.size(); ++i) {
    if (!(values_[i] >= 0.0F && values_[i] <= std::numeric_limits<float>::max())) {
      fail(index, " holds " + std::to_string(values_[i]) + " at row " + std::to_string(i) +
                      "; a scale is finite and not negative.");
    }
  }
  plan_[index].slot->put_scales(values_);
}

void TensorRows::check_shape(size_t index, std::span<const uint8_t> bytes) const {
  const TensorEntry& base = plan_[*plan_[index].base].entry;
  const size_t width = dtype_bytes(*plan_[index].entry.type->dtype);
  for (size_t i = 0; i < 2; ++i) {
    int64_t size = 0;  // little-endian and positive: the low bytes are the value
    std::memcpy(&size, bytes.data() + i * width, width);
    if (base.shape.size() != 2 || size != base.shape[i]) {
      fail(index,
           " contradicts the shape " + shape_text(base.shape) + " of \"" + base.name + "\".");
    }
  }
}

// A slot is filled once its rows are there, of int8 rows also the scales.
void TensorRows::complete(size_t index) {
  const PlannedTensor& tensor = plan_[index];
  progress_[index].complete = true;
  if (tensor.purpose == Purpose::kFloatRows) slots_.mark_filled(tensor.entry.name);
  if (tensor.purpose == Purpose::kScales) progress_[*tensor.base].has_scales = true;
  const size_t rows = tensor.purpose == Purpose::kScales ? *tensor.base : index;
  if (plan_[rows].purpose == Purpose::kInt8Rows && progress_[rows].complete &&
      progress_[rows].has_scales) {
    slots_.mark_filled(plan_[rows].entry.name);
  }
}

// Last of all, because scales may come after the tensors they belong to.
void TensorRows::finish() const {
  for (size_t i = 0; i < plan_.size(); ++i) {
    if (!plan_[i].twin || progress_[i].digest == progress_[*plan_[i].twin].digest) continue;
    fail(i,
         " differs from \"" + plan_[*plan_[i].twin].entry.name + "\", to which the model ties it.");
  }
}

}  // namespace dragoman
