// Sinusoidal positions, computed in double precision as the reference does, then rounded.
#include "nn/positions.hpp"

#include <cmath>

namespace dragoman {

namespace {

double period_of(int frequency, int width, SinusoidalKind kind) {
  if (kind == SinusoidalKind::kMarian) return std::pow(10000.0, 2.0 * frequency / width);
  return std::exp(frequency * std::log(10000.0) / (width / 2 - 1));
}

}  // namespace

SinusoidalPositions::SinusoidalPositions(int count, int width, SinusoidalKind kind, int first)
    : table_(static_cast<size_t>(count) * static_cast<size_t>(width)),
      count_(count),
      width_(width) {
  // An odd width has one sine more than cosines, or in fairseq's case a zero at the end.
  const bool fairseq = kind == SinusoidalKind::kFairseq;
  const int sines = fairseq ? width / 2 : (width + 1) / 2;
  for (int i = 0; i < (fairseq ? 2 * sines : width); ++i) {
    const int frequency = i < sines ? i : i - sines;
    const double period = period_of(frequency, width, kind);
    for (int position = 0; position < count; ++position) {
      const double angle = (first + position) / period;
      const double value = i < sines ? std::sin(angle) : std::cos(angle);
      table_[static_cast<size_t>(position) * static_cast<size_t>(width) + static_cast<size_t>(i)] =
          static_cast<float>(value);
    }
  }
}

std::span<const float> SinusoidalPositions::row(int position) const {
  const auto width = static_cast<size_t>(width_);
  return std::span(table_).subspan(static_cast<size_t>(position) * width, width);
}

}  // namespace dragoman
