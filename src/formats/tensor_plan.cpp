// Matching the tensors of a file to slots.
//
// Quantised tensors follow compressed-tensors: beside an int8 `X` lie `X_scale` and, from some
// writers, `X_zero_point` and `X_shape`.
#include "formats/tensor_plan.hpp"

#include <array>
#include <map>
#include <string_view>

#include "base/error.hpp"

namespace dragoman {

namespace {

struct Companion {
  std::string_view suffix;
  Purpose purpose;
};
constexpr std::array kCompanions = {
    Companion{"_scale", Purpose::kScales},
    Companion{"_zero_point", Purpose::kZeroPoint},
    Companion{"_shape", Purpose::kShape},
};

// Everything is decided from the header, before a byte of data is read: a file that does not fit
// is refused at once, not after a long download.
class Planner {
 public:
  Planner(std::vector<TensorEntry> entries, const SlotTable& slots, const std::string& file)
      : slots_(slots), file_(file) {
    for (TensorEntry& entry : entries) {
      index_.emplace(entry.name, plan_.size());
      plan_.emplace_back().entry = std::move(entry);
    }
  }

  std::vector<PlannedTensor> run() {
    // Tensors first: what a companion is for depends on the tensor it belongs to.
    for (size_t i = 0; i < plan_.size(); ++i) {
      if (Slot* slot = slots_.find(name(i))) plan_tensor(i, slot);
    }
    for (size_t i = 0; i < plan_.size(); ++i) {
      if (slots_.find(name(i)) == nullptr) plan_other(i);
    }
    for (size_t i = 0; i < plan_.size(); ++i) check_scales(i);
    return std::move(plan_);
  }

 private:
  const std::string& name(size_t index) const { return plan_[index].entry.name; }

  [[noreturn]] void fail(size_t index, const std::string& what) const {
    throw Error(ErrorCode::kModelFormat, file_ + ": tensor \"" + name(index) + "\" " + what + ".");
  }

  void plan_tensor(size_t index, Slot* slot) {
    PlannedTensor& tensor = plan_[index];
    if (tensor.entry.shape != slot->shape()) {
      fail(index, "has the shape " + shape_text(tensor.entry.shape) + "; the model expects " +
                      shape_text(slot->shape()));
    }
    const StoredType& type = *tensor.entry.type;
    if (type.dtype == Dtype::kI8 && slot->shape().size() < 2) {
      fail(index, "is a vector stored as I8; vectors are F32, F16 or BF16");
    }
    if (type.dtype != Dtype::kI8 && !is_weight_float(type)) {
      fail(index, "is stored as " + std::string(type.name) + "; weights are F32, F16, BF16 or I8");
    }
    if (slots_.filled(name(index))) return;  // by another file, under this or a tied name
    const auto [owner, first] = owners_.emplace(slot, index);
    if (first) {
      tensor.purpose = type.dtype == Dtype::kI8 ? Purpose::kInt8Rows : Purpose::kFloatRows;
      tensor.slot = slot;
    } else {
      make_copy(index, owner->second);
    }
    set_pieces(tensor, static_cast<uint64_t>(slot->rows()));
  }

  // Values of different types differ by rounding; then the first name alone counts.
  void make_copy(size_t index, size_t original) {
    if (plan_[index].entry.type != plan_[original].entry.type) return;
    plan_[index].purpose = Purpose::kCopy;
    plan_[index].twin = original;
    plan_[index].compared = true;
    plan_[original].compared = true;
  }

  static void set_pieces(PlannedTensor& tensor, uint64_t rows) {
    if (tensor.purpose == Purpose::kSkip) return;
    tensor.rows = rows;
    tensor.row_bytes = static_cast<size_t>((tensor.entry.end - tensor.entry.begin) / rows);
  }

  // A companion of a tensor that is ignored is ignored with it.
  void plan_other(size_t index) {
    for (const Companion& companion : kCompanions) {
      const std::string& full = name(index);
      if (!full.ends_with(companion.suffix)) continue;
      const std::string base = full.substr(0, full.size() - companion.suffix.size());
      if (slots_.find(base) != nullptr) return plan_companion(index, base, companion.purpose);
      if (slots_.ignored(base)) return;
    }
    if (!slots_.ignored(name(index))) fail(index, "is unknown to the model");
  }

  void plan_companion(size_t index, const std::string& base_name, Purpose purpose) {
    const auto base = index_.find(base_name);
    if (base == index_.end()) fail(index, "stands without its \"" + base_name + "\"");
    const PlannedTensor& owner = plan_[base->second];
    if (owner.entry.type->dtype != Dtype::kI8) {
      fail(index, "belongs to a quantised tensor, but \"" + base_name + "\" is stored as " +
                      std::string(owner.entry.type->name));
    }
    check_companion(index, owner, purpose);
    if (owner.purpose == Purpose::kSkip) return;
    PlannedTensor& tensor = plan_[index];
    tensor.base = base->second;
    tensor.purpose = purpose;
    tensor.slot = owner.slot;
    if (purpose == Purpose::kScales && owner.purpose == Purpose::kCopy) plan_scale_copy(index);
    set_pieces(tensor, 1);
  }

  // The scales of a copy agree with the scales of what it copies.
  void plan_scale_copy(size_t index) {
    PlannedTensor& tensor = plan_[index];
    tensor.purpose = Purpose::kSkip;
    const size_t original = *plan_[*tensor.base].twin;
    const auto scales = index_.find(name(original) + "_scale");
    if (scales == index_.end()) return;  // check_scales reports the original
    if (plan_[scales->second].entry.shape != tensor.entry.shape) return;
    make_copy(index, scales->second);
  }

  // Scales of groups within a row, which a transposed or grouped layout has, are not for int8 rows.
  void check_companion(size_t index, const PlannedTensor& owner, Purpose purpose) const {
    const TensorEntry& entry = plan_[index].entry;
    const int64_t rows = owner.entry.shape.front();
    const std::vector<int64_t>& shape = entry.shape;
    const bool fits = shape.empty() || shape == std::vector<int64_t>{1} ||
                      shape == std::vector<int64_t>{1, 1} || shape == std::vector<int64_t>{rows} ||
                      shape == std::vector<int64_t>{rows, 1};
    if (purpose == Purpose::kShape) {
      const bool integers = entry.type->dtype == Dtype::kI64 || entry.type->dtype == Dtype::kI32;
      if (!integers || shape != std::vector<int64_t>{2}) fail(index, "is no pair of sizes");
      return;
    }
    if (!fits) {
      fail(index, "has the shape " + shape_text(shape) + "; one value per row of " +
                      shape_text(owner.entry.shape) + ", or one in all, is expected");
    }
    if (purpose == Purpose::kScales && !is_weight_float(*entry.type)) {
      fail(index,
           "is stored as " + std::string(entry.type->name) + "; scales are F32, F16 or BF16");
    }
  }

  // Without this check the slot would wait for its scales and be reported as missing.
  void check_scales(size_t index) const {
    const PlannedTensor& tensor = plan_[index];
    // Only rows and their copies can be I8 here: scales are floats, the rest is no purpose of ours.
    const bool quantised =
        tensor.entry.type->dtype == Dtype::kI8 &&
        (tensor.purpose == Purpose::kInt8Rows || tensor.purpose == Purpose::kCopy);
    if (quantised && !index_.contains(name(index) + "_scale")) {
      fail(index, "is stored as I8, but the file has no \"" + name(index) + "_scale\"");
    }
  }

  const SlotTable& slots_;
  const std::string& file_;
  std::vector<PlannedTensor> plan_;
  std::map<std::string, size_t, std::less<>> index_;
  std::map<Slot*, size_t> owners_;
};

}  // namespace

std::vector<PlannedTensor> plan_tensors(std::vector<TensorEntry> entries, const SlotTable& slots,
                                        const std::string& file) {
  return Planner(std::move(entries), slots, file).run();
}

}  // namespace dragoman
