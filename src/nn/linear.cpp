// Linear layers: packed weights and the slots that fill them row by row.
#include "nn/linear.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>
#include <vector>

#include "nn/aligned.hpp"
#include "nn/linear_slots.hpp"
#include "nn/vector_slot.hpp"

namespace dragoman {

namespace {

template <typename SlotType>
using RangeSlots = std::map<std::pair<int, int>, std::unique_ptr<SlotType>>;

// The slot of a range, made at its first use. Asked again, a range has the same slot, because
// tables recognise tied names by it.
template <typename SlotType, typename Make>
Slot* slot_of(RangeSlots<SlotType>& slots, int first, int count, const Make& make) {
  std::unique_ptr<SlotType>& slot = slots[{first, count}];
  if (!slot) slot = make();
  return slot.get();
}

}  // namespace

struct Linear::Impl {
  PackedLinear packed;
  RangeSlots<WeightSlot> weight_slots;
  RangeSlots<VectorSlot> bias_slots;
};

PackedLinear::PackedLinear(int input_count, int output_count, WeightType weight_type,
                           OperandRole operand_role, bool with_bias)
    : inputs(input_count), outputs(output_count), type(weight_type), role(operand_role) {
  const auto columns = static_cast<size_t>(round_up(outputs, kPanelColumns));
  if (type == WeightType::kInt8) {
    bytes = make_aligned<int8_t>(packed_int8_bytes(inputs, outputs));
    clear_packed_int8(bytes.get(), inputs, outputs, role);
    scales.assign(columns, 0.0F);
    if (role == OperandRole::kActivations7) column_sums.assign(columns, 0);
  } else if (type == WeightType::kInt4) {
    nibbles = make_aligned<uint8_t>(packed_int4_bytes(inputs, outputs));
    clear_packed_int4(nibbles.get(), inputs, outputs);
  } else {
    floats = make_aligned<float>(packed_f32_floats(inputs, outputs));
    std::fill_n(floats.get(), packed_f32_floats(inputs, outputs), 0.0F);
  }
  if (with_bias) bias.assign(columns, 0.0F);
}

size_t PackedLinear::matrix_bytes() const {
  if (type == WeightType::kInt8) return packed_int8_bytes(inputs, outputs);
  if (type == WeightType::kInt4) return packed_int4_bytes(inputs, outputs);
  return packed_f32_floats(inputs, outputs) * sizeof(float);
}

void PackedLinear::read_column(int column, float* values) const {
  if (type == WeightType::kInt8) {
    const float scale = scales[static_cast<size_t>(column)];
    return dequantize_column(bytes.get(), inputs, column, role, scale, values);
  }
  if (type == WeightType::kInt4) {
    return dequantize_column_int4(nibbles.get(), inputs, column, values);
  }
  unpack_column_f32(floats.get(), inputs, column, values);
}

Linear::Linear(int inputs, int outputs, WeightType type, OperandRole role, bool has_bias)
    : impl_(std::make_unique<Impl>(
          Impl{PackedLinear(inputs, outputs, type, role, has_bias), {}, {}})) {}
Linear::~Linear() = default;
Linear::Linear(Linear&&) noexcept = default;

Slot* Linear::weight_slot(int first, int count) {
  PackedLinear& packed = impl_->packed;
  assert(first >= 0 && count > 0 && first + count <= packed.outputs);
  return slot_of(impl_->weight_slots, first, count,
                 [&] { return std::make_unique<WeightSlot>(packed, first, count); });
}

Slot* Linear::bias_slot(int first, int count) {
  PackedLinear& packed = impl_->packed;
  assert(!packed.bias.empty() && first >= 0 && count > 0 && first + count <= packed.outputs);
  return slot_of(impl_->bias_slots, first, count, [&] {
    const std::span<float> bias(packed.bias);
    return std::make_unique<VectorSlot>(
        bias.subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
  });
}

int Linear::inputs() const {
  return impl_->packed.inputs;
}
int Linear::outputs() const {
  return impl_->packed.outputs;
}
bool Linear::has_bias() const {
  return !impl_->packed.bias.empty();
}

size_t Linear::packed_bytes() const {
  const PackedLinear& packed = impl_->packed;
  return packed.matrix_bytes() + (packed.scales.size() + packed.bias.size()) * sizeof(float) +
         packed.column_sums.size() * sizeof(int32_t);
}

void Linear::forward(const Context& context, View<const float> x, const Epilogue& epilogue,
                     View<float> out) const {
  const PackedLinear& packed = impl_->packed;
  const float* bias = packed.bias.empty() ? nullptr : packed.bias.data();
  if (packed.type == WeightType::kFp32) {
    const F32Matrix matrix{packed.floats.get(), bias, packed.inputs, packed.outputs};
    return linear(context, x, matrix, epilogue, out);
  }
  if (packed.type == WeightType::kInt4) {
    const Int4Matrix matrix{packed.nibbles.get(), bias, packed.inputs, packed.outputs};
    return linear(context, x, matrix, epilogue, out);
  }
  const Int8Matrix matrix{.panels = packed.bytes.get(),
                          .scales = packed.scales.data(),
                          .column_sums = packed.column_sums.data(),
                          .bias = bias,
                          .k = packed.inputs,
                          .n = packed.outputs,
                          .role = packed.role};
  linear(context, x, matrix, epilogue, out);
}

void Linear::weight_row(int index, std::span<float> out) const {
  assert(index >= 0 && index < impl_->packed.outputs);
  assert(out.size() == static_cast<size_t>(impl_->packed.inputs));
  impl_->packed.read_column(index, out.data());
}

}  // namespace dragoman
