// Layer normalisation with its parameters.
#include "nn/norm.hpp"

#include <algorithm>

#include "kernels/rows.hpp"

namespace dragoman {

namespace {
constexpr double kElementsPerMicrosecond = 1'000.0;
constexpr int kMostTiles = 16;
}  // namespace

LayerNorm::LayerNorm(int size, float epsilon, NormKind kind, float offset)
    : weight_(size, 1.0F),
      bias_(kind == NormKind::kLayer ? size : 0, 0.0F),
      epsilon_(epsilon),
      kind_(kind),
      offset_(offset) {}

size_t LayerNorm::packed_bytes() const {
  return (weight_.values().size() + bias_.values().size()) * sizeof(float);
}

void LayerNorm::forward(const Context& context, View<const float> x, View<float> out) const {
  const double microseconds = static_cast<double>(x.rows) * x.cols / kElementsPerMicrosecond;
  const int tile_rows = std::max(4, (x.rows + kMostTiles - 1) / kMostTiles);
  context.pool.run((x.rows + tile_rows - 1) / tile_rows, microseconds, [&](int tile, int) {
    const int first = tile * tile_rows;
    const int rows = std::min(tile_rows, x.rows - first);
    if (kind_ == NormKind::kRms) {
      rms_norm(x.block(first, rows), weight_.values(), offset_, epsilon_, out.block(first, rows));
    } else {
      layer_norm(x.block(first, rows), weight_.values(), bias_.values(), epsilon_,
                 out.block(first, rows));
    }
  });
}

}  // namespace dragoman
