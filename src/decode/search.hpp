// A search for the best continuation of one prompt. It knows no model: whoever runs it decodes
// the rows it asks for and hands back their logits, step by step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/context.hpp"
#include "decode/generation_config.hpp"
#include "decode/processors.hpp"
#include "decode/stop_strings.hpp"
#include "kernels/rows.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// What ended an output: an end token, a stop string, its greatest length, or the time.
enum class Ending { kToken, kString, kLength, kTime };

struct GeneratedSequence {
  std::vector<int32_t> ids;  // as Python returns them, without padding: start token … eos
  float score = 0.0F;        // beams: sequences_scores; greedy: sum of log-probabilities / length
  Ending ending = Ending::kToken;
  /// With output_scores, per generated token: what Python's compute_transition_scores() gives,
  /// with normalize_logits except for beams, which have log-probabilities before.
  std::vector<float> token_scores = {};
};

/// What is to be decoded next: `token` after the history of a row of the step before.
struct SearchRow {
  int32_t parent = -1;  // among this search's rows of the step before; -1 in the first step
  int32_t token = 0;
  bool chained = false;  // extends the row in front of it, of the same step, instead
};

/// What searches over one model share.
struct SearchSetup {
  GenerationConfig config;
  int vocab_size = 0;
  int prompt_length = 1;
  const StopStrings* stops = nullptr;  // where the configuration has some

  /// Whether `token` after `ids` ends the output.
  std::optional<Ending> ending(std::span<const int32_t> ids, int32_t token) const;
  /// Of an output that is over.
  Ending ending_of(std::span<const int32_t> ids) const;
};

/// Scores of some rows, and what makes log-probabilities of them.
struct NormedRows {
  View<const float> scores;        // [rows, vocab_size]
  std::span<const RowNorm> norms;  // [rows]
  float log_prob(int row, int32_t token) const {
    return norms[static_cast<size_t>(row)].log_prob(scores.row(row)[token]);
  }
};

class Search {
 public:
  virtual ~Search() = default;
  /// Rows of the next step, at least one until finished().
  virtual std::span<const SearchRow> rows() const = 0;
  /// First half of a step: the processors. Beam search changes the scores, greedy search chooses
  /// its token and leaves them as they are.
  /// @param logits  [rows, vocab_size]
  /// @param norms   [rows], where passes_of() asks for them before; changed with the scores
  virtual void process(const Context& context, View<float> logits, std::span<RowNorm> norms) = 0;
  /// Second half of a step.
  /// @param rows  the same, with norms of the second pass, if there is one
  virtual void advance(const NormedRows& rows) = 0;
  /// Ends the search between two steps, of which there was one at least: outputs are final as far
  /// as they came.
  virtual void stop() = 0;
  virtual bool finished() const = 0;
  /// num_return_sequences results, best first, once finished().
  virtual std::vector<GeneratedSequence> results() const = 0;
  virtual std::span<const int32_t> best_so_far() const = 0;
  /// How many ids, from the start of best_so_far(), every result that is still possible as the
  /// best one shares: what a reader may be shown without ever taking it back.
  virtual size_t settled() const = 0;
};

/// Greedy search or sampling for num_beams 1, else beam search.
/// @param setup       outlives the search; checked by check_generation_config
/// @param processors  of the same setup, shared by the searches of one thread
/// @param prompt      at least one token
/// @param source      ids of the encoder, which some processors look at; outlives the search
/// @param index       of the prompt in its request: where samples without a seed come from
std::unique_ptr<Search> make_search(const SearchSetup& setup, LogitsProcessors& processors,
                                    std::span<const int32_t> prompt,
                                    std::span<const int32_t> source, uint64_t index = 0);

/// Where a step needs norms: before Search::process(), after it, or both.
struct NormalisingPasses {
  bool before = false;
  bool after = false;
};
NormalisingPasses passes_of(const GenerationConfig& config);

/// Before the processors: throws model-format unless every value is finite.
/// @param norms  [rows], out; or empty
void measure_logits(const Context& context, View<const float> logits, std::span<RowNorm> norms);

/// After them, when scores may be -inf. @param norms  [rows], out
void measure_scores(const Context& context, View<const float> scores, std::span<RowNorm> norms);

}  // namespace dragoman
