// The self-test at loading: golden sums through the real kernels.
#include "kernels/self_test.hpp"

#include <cstddef>
#include <vector>

namespace dragoman {

namespace {

// Every tile runs: those of 6, 4, 2 and 1 rows, in the widening form both of its loops, and of one
// row that of three panels.
constexpr int kRowCounts[] = {11, 3, 1};
constexpr int kInputs = 78;   // not a multiple of 4
constexpr int kOutputs = 67;  // four panels and a part of one

// A small generator: values only have to differ and to reach the ends of their range.
struct Values {
  uint32_t state = 20231123;
  int8_t next(int lowest, int highest) {
    state = state * 1664525U + 1013904223U;
    const uint32_t draw = state >> 16;
    if (draw % 8 == 0) return static_cast<int8_t>(draw % 16 == 0 ? lowest : highest);
    return static_cast<int8_t>(lowest + static_cast<int>(draw / 8) % (highest - lowest + 1));
  }
};

bool sums_agree(Int8Form form, OperandRole role, int row_count) {
  Values values;
  const int lowest = role == OperandRole::kWeights7 ? -127 : 0;
  std::vector<int8_t> rows(static_cast<size_t>(row_count * kInputs));
  for (int8_t& value : rows) value = values.next(lowest, 127);
  std::vector<int8_t> panels(packed_int8_bytes(kInputs, kOutputs));
  clear_packed_int8(panels.data(), kInputs, kOutputs, role);
  std::vector<int8_t> column(kInputs);
  const int limit = weight_limit(role);
  for (int c = 0; c < kOutputs; ++c) {
    for (int8_t& value : column) value = values.next(-limit, limit);
    pack_column_int8(panels.data(), kInputs, c, role, column.data());
  }
  const auto count = static_cast<size_t>(row_count * round_up(kOutputs, kPanelColumns));
  std::vector<int32_t> sums(count);
  std::vector<int32_t> expected(count);
  int8_sums(form, rows.data(), row_count, panels.data(), kInputs, kOutputs, role, sums.data());
  int8_sums(Int8Form::kScalar, rows.data(), row_count, panels.data(), kInputs, kOutputs, role,
            expected.data());
  return sums == expected;
}

}  // namespace

bool int8_form_passes(Int8Form form) {
  if (!has_int8_form(form)) return false;
  for (const OperandRole role : {OperandRole::kWeights7, OperandRole::kActivations7}) {
    for (const int row_count : kRowCounts) {
      if (!sums_agree(form, role, row_count)) return false;
    }
  }
  return true;
}

bool kernels_self_test() {
  return int8_form_passes(int8_form());
}

}  // namespace dragoman
