// One line for greedy search, one for each sample.
#include "decode/line_search.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/rows.hpp"

namespace dragoman {

namespace {

// Outputs are seldom longer; those that are grow by doubling.
constexpr size_t kUsualLength = 1024;

// log of the softmax over what may be drawn.
float log_prob_of(std::span<const Eligible> eligible, int32_t token) {
  float best = eligible.front().score;
  for (const Eligible& other : eligible) best = std::max(best, other.score);
  float sum = 0.0F;
  float own = 0.0F;
  for (const Eligible& other : eligible) {
    sum += std::exp(other.score - best);
    if (other.token == token) own = other.score;
  }
  return own - best - std::log(sum);
}

}  // namespace

LineSearch::LineSearch(const SearchSetup& setup, LogitsProcessors& processors,
                       std::span<const int32_t> prompt, std::span<const int32_t> source,
                       Noise noise)
    : setup_(setup),
      processors_(processors),
      warpers_(setup.config),
      lookup_(setup.config, setup.vocab_size),
      source_(source),
      max_length_(static_cast<size_t>(setup.config.length_limit(setup.prompt_length))) {
  // All begin as the prompt and share one decoded row.
  const auto count = static_cast<size_t>(setup.config.num_return_sequences);
  for (size_t i = 0; i < count; ++i) {
    Line& line = lines_.emplace_back(noise.stream(i));
    const size_t room = std::min(max_length_, prompt.size() + kUsualLength);
    line.ids.reserve(room);
    line.ids.assign(prompt.begin(), prompt.end());
    if (setup.config.output_scores) line.token_scores.reserve(room - prompt.size());
  }
  rows_.reserve(count + static_cast<size_t>(setup.config.prompt_lookup_num_tokens.value_or(0)));
  add_rows(lines_.front());
  rows_.front().parent = -1;
}

// Rows of the last token of a line and, chained to it, of guesses.
void LineSearch::add_rows(Line& line) {
  const int first = static_cast<int>(rows_.size());
  rows_.push_back({line.last_row, line.ids.back()});
  // As many tokens as rows are chosen, at most.
  const size_t limit = max_length_ - line.ids.size() - 1;
  for (const int32_t token : lookup_.guess(line.ids, source_, limit)) {
    rows_.push_back({line.last_row, token, true});
  }
  line.first_row = first;
}

// Processors work on logits here, as in Python; on a copy, because the score is taken from the
// model's own distribution.
LineSearch::Choice LineSearch::choose(const Line& line, std::span<const float> logits,
                                      const RowNorm& norm, std::span<float> scratch) {
  const bool wants_score = setup_.config.output_scores;
  const bool active = processors_.active(line.ids.size());
  if (!setup_.config.do_sample && !active) {
    const int32_t token = std::max(0, index_of(logits, norm.maximum));
    return {token, norm.log_prob(norm.maximum)};
  }
  std::copy(logits.begin(), logits.end(), scratch.begin());
  if (active) processors_.apply(line.ids, source_, scratch);
  if (setup_.config.do_sample) {
    const std::span<const Eligible> eligible = warpers_.apply(scratch);
    const int32_t token = draw(eligible, line.noise, line.ids.size());
    return {token, wants_score ? log_prob_of(eligible, token) : 0.0F};
  }
  const int32_t token = std::max(0, argmax(scratch));
  if (!wants_score) return {token, 0.0F};
  const RowPart whole = measure_part(scratch);
  return {token, norm_of({&whole, 1}).log_prob(scratch[static_cast<size_t>(token)])};
}

// A forced token costs nothing, as in beam search. @returns true when the line goes on
bool LineSearch::extend(Line& line, std::span<const float> logits, const RowNorm& norm,
                        std::span<float> scratch) {
  const Choice choice = choose(line, logits, norm, scratch);
  if (!processors_.forces(line.ids.size())) {
    line.score_sum += norm.log_prob(logits[static_cast<size_t>(choice.token)]);
  }
  if (setup_.config.output_scores) line.token_scores.push_back(choice.log_prob);
  const bool ends = setup_.ending(line.ids, choice.token).has_value();
  line.ids.push_back(choice.token);
  return !ends;
}

// Rows of guesses count up to the first that was not chosen before it.
void LineSearch::process(const Context& context, View<float> logits, std::span<RowNorm> norms) {
  const ArenaScope scope(context.arena);
  const std::span<float> scratch = context.arena.take<float>(static_cast<size_t>(logits.cols));
  for (Line& line : lines_) {
    if (line.first_row < 0) continue;
    for (int row = line.first_row;; ++row) {
      line.last_row = row;
      if (!extend(line, logits.row_span(row), norms[static_cast<size_t>(row)], scratch)) {
        line.first_row = -1;
        break;
      }
      const auto next = static_cast<size_t>(row) + 1;
      if (next == rows_.size() || !rows_[next].chained) break;
      if (rows_[next].token != line.ids.back()) break;
    }
  }
}

void LineSearch::advance(const NormedRows&) {
  rows_.clear();
  for (Line& line : lines_) {
    if (line.first_row >= 0) add_rows(line);
  }
}

std::vector<GeneratedSequence> LineSearch::results() const {
  std::vector<GeneratedSequence> results;
  for (const Line& line : lines_) {
    const size_t generated = line.ids.size() - static_cast<size_t>(setup_.prompt_length);
    const float length = static_cast<float>(std::max<size_t>(1, generated));
    results.push_back(
        {line.ids, line.score_sum / length, setup_.ending_of(line.ids), line.token_scores});
  }
  return results;
}

}  // namespace dragoman
