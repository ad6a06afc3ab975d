// Generates from many sources at once, one token for all live hypotheses per step.
//
// Results are those of Python `transformers` 4.57 `generate`. Every source has its own search, so a
// batch finishes row by row and each row is what it is alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/context.hpp"
#include "decode/generation_config.hpp"
#include "decode/search.hpp"
#include "models/seq2seq.hpp"

namespace dragoman {

/// How much runs at once. Results do not depend on it.
struct GeneratorLimits {
  int rows = 96;                          // hypotheses decoded together
  size_t logit_bytes = size_t{8} << 20;   // of one step, which bounds the rows too
  size_t source_bytes = size_t{8} << 20;  // of encoded sources
  size_t cache_bytes = size_t{24} << 20;  // of all caches; beyond it nobody enters
  // The session keeps the last source's cache for one that begins alike, where the last bits of a
  // result may differ: not for sources that must not know of each other.
  bool keep_last = false;
};

class Seq2SeqGenerator {
 public:
  /// The model outlives the generator. Throws invalid-argument as check_generation_config does,
  /// and when there is no token to start from: neither decoder_start_token_id nor bos_token_id.
  /// @param session    of this model, from take_session() of another generator; or none
  /// @param tokenizer  outlives it too; needed where there are stop_strings
  Seq2SeqGenerator(const Seq2SeqModel& model, const GenerationConfig& config,
                   const GeneratorLimits& limits = {},
                   std::unique_ptr<Seq2SeqSession> session = nullptr,
                   const Tokenizer* tokenizer = nullptr);
  ~Seq2SeqGenerator();

  /// Takes the session away, with what it may keep of the last source; the generator is of no use
  /// after that. Not after a step() that threw.
  std::unique_ptr<Seq2SeqSession> take_session();

  /// Queues a source; sources enter the running batch as room allows. Throws input-too-long or
  /// invalid-argument for ids the model cannot take, and leaves the others undisturbed.
  /// @returns its index in order of adding
  int add(std::span<const int32_t> source_ids);
  /// The time at which the next step begins, in seconds of any clock; for max_time.
  void tell_time(double seconds);
  /// Bounded work: one layer of encoding, or one token of decoding. @returns false when all done.
  /// Throws model-format when the model computes values that are not numbers. When max_time has
  /// passed since the time was told first, the running end as they are, and those that wait for
  /// their turn come to nothing.
  bool step(const Context& context);
  bool finished(int index) const;
  /// True once max_time has passed.
  bool out_of_time() const;
  /// num_return_sequences results, best first. Valid once finished(index).
  const std::vector<GeneratedSequence>& result(int index) const;
  /// The best hypothesis so far of an unfinished source (for streaming), its start token included;
  /// empty before its first token.
  std::vector<int32_t> best_so_far(int index) const;
  /// How many of the ids of best_so_far() are sure to begin the best result; all once finished.
  size_t settled(int index) const;
  /// Bytes held by the session's caches.
  size_t cache_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
