// Random operands for the kernels' tests. The seed is Catch2's own, so that a failure is repeated
// with --rng-seed and the number the run printed.
#pragma once

#include <catch2/catch_get_random_seed.hpp>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/packing.hpp"
#include "tensor/view.hpp"

namespace dragoman::test {

class Random {
 public:
  explicit Random(uint32_t stream) : engine_(Catch::getSeed() * 2654435761U + stream) {}

  int integer(int lowest, int highest) {
    return std::uniform_int_distribution<int>(lowest, highest)(engine_);
  }
  std::vector<float> normal(int rows, int cols, float deviation = 1.0F) {
    std::normal_distribution<float> distribution(0.0F, deviation);
    std::vector<float> values(static_cast<size_t>(rows) * static_cast<size_t>(cols));
    for (float& value : values) value = distribution(engine_);
    return values;
  }
  std::vector<int8_t> integers(int rows, int cols, int lowest, int highest) {
    std::vector<int8_t> values(static_cast<size_t>(rows) * static_cast<size_t>(cols));
    for (int8_t& value : values) value = static_cast<int8_t>(integer(lowest, highest));
    return values;
  }

 private:
  std::mt19937 engine_;
};

template <typename T>
View<T> view(std::vector<T>& values, int rows, int cols) {
  return {values.data(), rows, cols};
}
template <typename T>
View<const T> view(const std::vector<T>& values, int rows, int cols) {
  return {values.data(), rows, cols};
}

/// Packs w, [n, k].
inline std::vector<int8_t> pack_int8(const std::vector<int8_t>& w, int k, int n, OperandRole role) {
  std::vector<int8_t> panels(packed_int8_bytes(k, n));
  clear_packed_int8(panels.data(), k, n, role);
  for (int c = 0; c < n; ++c) {
    pack_column_int8(panels.data(), k, c, role, w.data() + static_cast<ptrdiff_t>(c) * k);
  }
  return panels;
}

inline std::vector<float> pack_f32(const std::vector<float>& w, int k, int n) {
  std::vector<float> panels(packed_f32_floats(k, n), 0.0F);
  for (int c = 0; c < n; ++c) {
    pack_column_f32(panels.data(), k, c, w.data() + static_cast<ptrdiff_t>(c) * k);
  }
  return panels;
}

}  // namespace dragoman::test
