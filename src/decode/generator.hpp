// Generates from many sources at once, one token for all live hypotheses per step.
//
// Greedy and beam search equal to Python `transformers` 4.57 `generate` (do_sample=False); every
// source has its own search, so a batch finishes row by row and each row is what it is alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/context.hpp"
#include "decode/generation_config.hpp"
#include "models/seq2seq.hpp"

namespace dragoman {

struct GeneratedSequence {
  std::vector<int32_t> ids;  // as Python returns them, without padding: start token … eos
  float score = 0.0F;        // beams: sequences_scores; greedy: sum of log-probabilities / length
};

class Seq2SeqGenerator {
 public:
  Seq2SeqGenerator(const Seq2SeqModel& model, const GenerationConfig& config);
  ~Seq2SeqGenerator();

  /// Queues a source; sources enter the running batch as room allows (a limit on live rows).
  /// @returns its index in order of adding
  int add(std::span<const int32_t> source_ids);
  /// Bounded work: one layer of encoding, or one token of decoding. @returns false when all done.
  bool step(const Context& context);
  bool finished(int index) const;
  /// num_return_sequences results, best first. Valid once finished(index).
  const std::vector<GeneratedSequence>& result(int index) const;
  /// The best hypothesis so far of an unfinished source (for streaming).
  std::vector<int32_t> best_so_far(int index) const;
  /// Bytes held by the session's caches.
  size_t cache_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
