// The forms of the int8 product, and the choice among them.
//
// All forms read one packed layout and give the same int32 sums. They differ in instructions:
// which is fastest, and on old engines which is right, depends on the browser and the CPU.
#pragma once

#include <cstdint>
#include <string_view>

#include "kernels/packing.hpp"

namespace dragoman {

enum class Int8Form : uint8_t {
  kScalar,  // plain loops, the oracle
  kWiden,   // 16-bit products: everywhere
  kSplit,   // relaxed 16-bit dot of pairs, then a widening dot with ones
  kFused,   // relaxed dot with addition: one instruction on CPUs with VNNI or SDOT; baseline
            // compilers of V8 before 12.4 give it wrong sums in loops (docs/architecture.md)
};

/// Whether this build contains `form`: the relaxed ones need relaxed SIMD.
bool has_int8_form(Int8Form form);

/// The form that linear() uses; at first kSplit where there is one, else kWiden.
Int8Form int8_form();

/// Makes linear() use `form` if this build has it and its self-test passes; false otherwise. Not
/// while a product is running. Callers time run_probe() under each form and keep the fastest.
bool select_int8_form(Int8Form form);
/// The same by the names of run_probe(): "widen", "split", "fused".
bool select_int8_form(std::string_view name);

/// Dot products of rows with panels, k in groups of 4.
struct PanelTask {
  const void* rows;     // quantised activations: int16 where `wide_rows`, else int8
  int row_stride;       // elements
  int row_count;        // at most kTileRows
  const int8_t* panel;  // at the first of `groups`
  int groups;
  int panel_count;  // of which more than one only where `groups` are all of a panel
  bool accumulate;  // add to `sums` rather than replace them
  int32_t* sums;    // [panel_count, row_count, 16]
};
using PanelKernel = void (*)(const PanelTask& task);

constexpr int kTileRows = 64;

/// The kernel of a form and whether it takes activations as int16.
struct Int8Kernel {
  PanelKernel run;
  bool wide_rows;
};
Int8Kernel int8_kernel(Int8Form form, OperandRole role);

/// Raw sums of stored integers, before any correction, as every form must give them:
/// sums[r, c] = sum over i of rows[r, i] * (stored weight i of column c).
/// @param rows  [row_count, k], in -127..127 under kWeights7, 0..127 under kActivations7
/// @param sums  [row_count, round_up(n, 16)]
void int8_sums(Int8Form form, const int8_t* rows, int row_count, const int8_t* panels, int k, int n,
               OperandRole role, int32_t* sums);

}  // namespace dragoman
