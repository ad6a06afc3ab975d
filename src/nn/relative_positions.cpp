// Buckets are computed in single precision, as the reference does: distances at the edge of two
// fall on the same side.
#include "nn/relative_positions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace dragoman {

int relative_bucket(int distance, int buckets, int max_distance, bool bidirectional) {
  int first = 0;
  int size = -distance;
  if (bidirectional) {
    buckets /= 2;
    if (distance > 0) first = buckets;
    size = std::abs(distance);
  }
  size = std::max(size, 0);
  const int exact = buckets / 2;
  if (size < exact) return first + size;
  const float near = static_cast<float>(exact);
  const auto range = static_cast<float>(std::log(static_cast<double>(max_distance) / exact));
  const float share = std::log(static_cast<float>(size) / near) / range;
  const int far = exact + static_cast<int>(share * static_cast<float>(buckets - exact));
  return first + std::min(far, buckets - 1);
}

int log_bucket(int distance, int buckets, int max_distance) {
  const int middle = buckets / 2;
  const int size = std::abs(distance);
  if (size <= middle) return distance;
  const auto ratio = static_cast<float>(static_cast<double>(max_distance - 1) / middle);
  const float share =
      std::log(static_cast<float>(size) / static_cast<float>(middle)) / std::log(ratio);
  const int far = static_cast<int>(std::ceil(share * static_cast<float>(middle - 1))) + middle;
  return distance < 0 ? -far : far;
}

RelativeBias::RelativeBias(int buckets, int max_distance, bool bidirectional, int heads)
    // Few values that reach every score: kept in full.
    : table_(buckets, heads, WeightType::kFp32),
      max_distance_(max_distance),
      bidirectional_(bidirectional) {}

void RelativeBias::fill(View<float> out) const {
  const int reach = out.cols / 2;
  std::vector<float> row(static_cast<size_t>(table_.width()));
  for (int distance = -reach; distance <= reach; ++distance) {
    table_.row(relative_bucket(distance, table_.count(), max_distance_, bidirectional_), row);
    for (int head = 0; head < out.rows; ++head) {
      out.row(head)[reach + distance] = row[static_cast<size_t>(head)];
    }
  }
}

}  // namespace dragoman
