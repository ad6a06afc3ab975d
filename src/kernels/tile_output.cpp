// Tiles: how they are cut, and how they end.
#include "kernels/tile_output.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/int8_forms.hpp"
#include "kernels/simd.hpp"

namespace dragoman {

namespace {

using namespace simd;

// Columns beyond n are padding, so a row's last values are moved one by one.
void finish_row(const float* tile, const float* residual, int columns, float* out) {
  int j = 0;
  for (; j + 4 <= columns; j += 4) {
    const F32x4 values = load(tile + j);
    store(out + j, residual != nullptr ? values + load(residual + j) : values);
  }
  for (; j < columns; ++j) out[j] = residual != nullptr ? tile[j] + residual[j] : tile[j];
}

}  // namespace

void finish_tile(float* values, const TilePlace& place, const Epilogue& epilogue, View<float> out) {
  const int rows = place.row_count;
  if (epilogue.activation != Activation::kNone) {
    apply_activation(epilogue.activation, {values, static_cast<size_t>(rows * place.columns())});
  }
  const int first = place.panel * kPanelColumns;
  const int columns = std::min(place.columns(), out.cols - first);
  const bool has_residual = epilogue.residual.data != nullptr;
  for (int r = 0; r < rows; ++r) {
    const int row = place.first_row + r;
    const float* residual = has_residual ? epilogue.residual.row(row) + first : nullptr;
    finish_row(values + r * kPanelColumns, residual, columns, out.row(row) + first);
  }
}

TilePlan plan_tiles(const ThreadPool& pool, int64_t macs, int64_t macs_worth_waking, int rows,
                    int panels) {
  TilePlan plan;
  plan.row_blocks = (rows + kTileRows - 1) / kTileRows;
  // A worker that is awake costs a tenth of one that sleeps.
  const int64_t enough = pool.awake() ? macs_worth_waking / 12 : macs_worth_waking;
  const int64_t participants = pool.participants();
  plan.is_shared = participants > 1 && macs >= enough;
  if (!plan.is_shared) return plan;
  // Enough tiles that a participant who starts late or is interrupted leaves the others work, each
  // of some microseconds, as it costs tenths of one; and none so large that waiting for the last
  // one takes long: some 200 microseconds.
  constexpr int64_t kManyTiles = 16;
  const int64_t least_macs = macs_worth_waking / 10;
  const int64_t most_macs = 6 * macs_worth_waking;
  const int64_t worth = std::min(kManyTiles, macs / least_macs) / participants * participants;
  const int64_t tiles = std::max({participants, worth, macs / most_macs});
  plan.panel_ranges = static_cast<int>(std::clamp<int64_t>(tiles / plan.row_blocks, 1, panels));
  return plan;
}

}  // namespace dragoman
