// Greedy search, one row per step.
#include "decode/greedy_search.hpp"

#include <algorithm>

#include "kernels/rows.hpp"

namespace dragoman {

GreedySearch::GreedySearch(const SearchSetup& setup, LogitsProcessors& processors,
                           std::span<const int32_t> prompt, std::span<const int32_t> source)
    : setup_(setup),
      processors_(processors),
      source_(source),
      ids_(prompt.begin(), prompt.end()),
      row_{-1, prompt.back()} {}

// Processors work on logits here, as in Python; on a copy, because the score is taken from the
// model's own distribution.
void GreedySearch::process(const Context& context, View<float> logits, std::span<RowNorm> norms) {
  const std::span<float> scores = logits.row_span(0);
  if (!processors_.active(ids_.size())) {
    chosen_ = std::max(0, index_of(scores, norms.front().maximum));
    return;
  }
  const ArenaScope scope(context.arena);
  const std::span<float> copy = context.arena.take<float>(scores.size());
  std::copy(scores.begin(), scores.end(), copy.begin());
  processors_.apply(ids_, source_, copy);
  chosen_ = std::max(0, argmax(copy));
}

// A forced token costs nothing, as in beam search.
void GreedySearch::advance(const NormedRows& rows) {
  if (!processors_.forces(ids_.size())) score_sum_ += rows.log_prob(0, chosen_);
  ids_.push_back(chosen_);
  row_ = {0, chosen_};
  const std::vector<int32_t>& ends = setup_.config.eos_token_id;
  finished_ = std::find(ends.begin(), ends.end(), chosen_) != ends.end() ||
              ids_.size() >= static_cast<size_t>(setup_.config.length_limit(setup_.prompt_length));
}

std::vector<GeneratedSequence> GreedySearch::results() const {
  const size_t generated = ids_.size() - static_cast<size_t>(setup_.prompt_length);
  const float length = static_cast<float>(std::max<size_t>(1, generated));
  return {{ids_, score_sum_ / length}};
}

}  // namespace dragoman
