// Layer normalisation with its parameters.
#include "nn/norm.hpp"

#include <algorithm>

#include "kernels/rows.hpp"

namespace dragoman {

namespace {
// A few microseconds of work: enough to be worth another thread's while.
constexpr int kTileRows = 32;
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
  const int tiles = (x.rows + kTileRows - 1) / kTileRows;
  const auto normalise = [&](int tile, int) {
    const int first = tile * kTileRows;
    const int rows = std::min(kTileRows, x.rows - first);
    if (kind_ == NormKind::kRms) {
      rms_norm(x.block(first, rows), weight_.values(), offset_, epsilon_, out.block(first, rows));
    } else {
      layer_norm(x.block(first, rows), weight_.values(), bias_.values(), epsilon_,
                 out.block(first, rows));
    }
  };
  if (tiles > 1) {
    context.pool.run(tiles, normalise);
  } else {
    normalise(0, 0);
  }
}

}  // namespace dragoman
