// How far apart two tokens stand, as buckets: near distances have one each, far ones share.
#pragma once

#include "nn/linear.hpp"
#include "nn/slots.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// The bucket of T5 and MPNet (Raffel et al. 2020): half of the buckets grow with the logarithm.
/// @param distance       key row minus query row
/// @param bidirectional  keys after the query have buckets of their own; else they have bucket 0
int relative_bucket(int distance, int buckets, int max_distance, bool bidirectional);

/// The bucket of DeBERTa: odd in `distance`, itself up to buckets / 2, then logarithmic.
/// @param distance  query row minus key row
int log_bucket(int distance, int buckets, int max_distance);

/// A bias per bucket and head, added to scores.
class RelativeBias {
 public:
  RelativeBias(int buckets, int max_distance, bool bidirectional, int heads);
  Slot* slot() { return table_.slot(); }  // [buckets, heads]
  size_t packed_bytes() const { return table_.packed_bytes(); }
  /// What ScoreTerms::bias takes. @param out  [heads, 2 * reach + 1]
  void fill(View<float> out) const;

 private:
  Embedding table_;
  int max_distance_;
  bool bidirectional_;
};

}  // namespace dragoman
