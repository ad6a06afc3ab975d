// The best continuations of several hypotheses, found in one pass over their scores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/rows.hpp"

namespace dragoman {

/// One hypothesis extended by one token.
struct Candidate {
  float score = 0.0F;
  int32_t beam = 0;
  int32_t token = 0;
};

/// Keeps the k best of all scores it is shown. Of equal ones the earlier beam, then the lower
/// token wins, so results do not depend on how the work is cut.
class TopK {
 public:
  explicit TopK(size_t k);
  void clear() { heap_.clear(); }
  /// Offers log-probability + offset of every token. Beams are offered in ascending order.
  /// @param scores  [vocab_size], no NaN
  /// @param norm    makes log-probabilities of them; left out, they are that already
  void offer(int32_t beam, float offset, std::span<const float> scores, const RowNorm& norm = {});
  /// The best so far, best first. Ends the round: clear() comes next.
  std::span<const Candidate> sorted();

 private:
  void offer_one(const Candidate& candidate);

  size_t k_;
  std::vector<Candidate> heap_;  // the worst of the kept at the front
};

}  // namespace dragoman
