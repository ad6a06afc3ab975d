// The f32 product of some rows with one panel of 16 columns; the core of linear() and attention.
#pragma once

namespace dragoman {

struct F32PanelTask {
  const float* rows;
  int row_stride;
  int row_count;
  const float* panel;  // [inputs, 16]
  int inputs;
  bool accumulate;  // add to `tile` rather than replace it
  float* tile;      // [row_count, 16]
  // What will be wanted after this panel, as large as it: brought nearer meanwhile. Or null.
  const float* next = nullptr;
};

/// tile[r, c] = sum over i of rows[r, i] * panel[i, c], i rising, one rounding scheme: an element
/// has the same bits however its row was grouped with others and however i was split in calls.
void f32_panel(const F32PanelTask& task);

}  // namespace dragoman
