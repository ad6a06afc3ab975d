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

TilePlan plan_tiles(const ThreadPool& pool, double microseconds, int rows, int panels) {
  TilePlan plan;
  plan.row_blocks = (rows + kTileRows - 1) / kTileRows;
  if (!pool.pays(microseconds)) return plan;
  // Enough tiles that a participant who starts late or is interrupted leaves the others work, and
  // that waiting for the last one is short; each of a microsecond at least, as it costs a tenth of
  // one, and where there are many of three.
  constexpr double kManyTiles = 64.0;
  const double possible =
      std::max(std::min(microseconds, 16.0), std::min(microseconds / 3.0, kManyTiles));
  const int participants = pool.participants();
  const int worth = static_cast<int>(possible) / participants * participants;
  const int tiles = std::max(participants, worth);
  plan.panel_ranges = std::clamp(tiles / plan.row_blocks, 1, panels);
  return plan;
}

}  // namespace dragoman
