// The steps of beam search, in the order of _beam_search.
//
// Python's arithmetic is kept: f32 scores, and -1e9 for what must not win. At that size an f32
// has steps of 64, so unequal scores may become equal there; which of such hypotheses is kept
// never shows in a result unless fewer than num_return_sequences exist at all.
#include "decode/beam_search.hpp"

#include <algorithm>
#include <cmath>

namespace dragoman {

namespace {

constexpr float kNever = -1.0e9F;

// Outputs are seldom longer; those that are grow by doubling.
constexpr size_t kUsualLength = 256;

// Enough candidates that num_beams of them go on even when every beam ends in every way.
size_t beams_to_keep(const GenerationConfig& config) {
  return std::max<size_t>(2, 1 + config.eos_token_id.size()) *
         static_cast<size_t>(config.num_beams);
}

}  // namespace

BeamSearch::BeamSearch(const SearchSetup& setup, LogitsProcessors& processors,
                       std::span<const int32_t> prompt, std::span<const int32_t> source,
                       Noise noise)
    : setup_(setup),
      processors_(processors),
      warpers_(setup.config),
      noise_(noise),
      source_(source),
      prompt_length_(prompt.size()),
      max_length_(static_cast<size_t>(setup.config.length_limit(setup.prompt_length))),
      top_(beams_to_keep(setup.config)) {
  // All beams begin as the prompt. Only the first may be extended: with equal scores all would
  // choose the same tokens. They share one decoded row.
  const auto beams = static_cast<size_t>(setup.config.num_beams);
  const std::vector<int32_t> ids(prompt.begin(), prompt.end());
  running_.assign(beams, {ids, kNever, 0, {}});
  running_.front().score = 0.0F;
  finished_.assign(beams, {ids, kNever, false, {}});
  next_running_.resize(beams);
  next_finished_.resize(beams);
  const size_t room = std::min(max_length_, prompt.size() + kUsualLength);
  for (auto* list : {&running_, &next_running_}) {
    for (Running& hypothesis : *list) hypothesis.ids.reserve(room);
  }
  for (auto* list : {&finished_, &next_finished_}) {
    for (Finished& hypothesis : *list) hypothesis.ids.reserve(room);
  }
  rows_ = {{-1, prompt.back()}};
}

// Where no score is to be changed, its row is not written either: the norm is enough.
void BeamSearch::process(const Context& context, View<float> logits, std::span<RowNorm> norms) {
  if (!setup_.config.do_sample && !processors_.active(current_length())) return;
  if (!norms.empty()) {
    constexpr double kValuesPerMicrosecond = 2'000.0;
    const double values = static_cast<double>(logits.rows) * logits.cols;
    context.pool.run(logits.rows, values / kValuesPerMicrosecond, [&](int row, int) {
      RowNorm& norm = norms[static_cast<size_t>(row)];
      apply_norm(norm, logits.row_span(row));
      norm = {};
    });
  }
  // In the first step all beams read one row.
  for (int row = 0; row < logits.rows; ++row) {
    const std::vector<int32_t>& ids = running_[static_cast<size_t>(row)].ids;
    processors_.apply(ids, source_, logits.row_span(row));
    if (setup_.config.do_sample) warpers_.mask(logits.row_span(row));
  }
}

void BeamSearch::advance(const NormedRows& rows) {
  find_candidates(rows);
  keep_finished();
  keep_running();
  check_done();
}

// The scores of one beam are sums so far plus log-probabilities, added in f32 as in Python.
void BeamSearch::find_candidates(const NormedRows& rows) {
  top_.clear();
  for (size_t beam = 0; beam < running_.size(); ++beam) {
    const Running& hypothesis = running_[beam];
    const std::span<const float> row = rows.scores.row_span(hypothesis.row);
    const RowNorm& norm = rows.norms[static_cast<size_t>(hypothesis.row)];
    if (setup_.config.do_sample) {
      offer_drawn(static_cast<int32_t>(beam), row, norm);
    } else {
      top_.offer(static_cast<int32_t>(beam), hypothesis.score, row, norm);
    }
  }
  candidates_ = top_.sorted();
  if (setup_.config.do_sample) restore_scores(rows);
  if (setup_.config.output_scores) keep_token_scores(rows);
  ends_.clear();
  for (const Candidate& candidate : candidates_) {
    const std::vector<int32_t>& ids = running_[static_cast<size_t>(candidate.beam)].ids;
    ends_.push_back(setup_.ending(ids, candidate.token).has_value());
  }
}

void BeamSearch::keep_token_scores(const NormedRows& rows) {
  token_scores_.clear();
  for (const Candidate& candidate : candidates_) {
    const int row = running_[static_cast<size_t>(candidate.beam)].row;
    token_scores_.push_back(rows.log_prob(row, candidate.token));
  }
}

// The largest sums of score and noise are draws without replacement, in the order of the draws.
void BeamSearch::offer_drawn(int32_t beam, std::span<const float> scores, const RowNorm& norm) {
  const Noise noise = noise_.stream(static_cast<uint64_t>(beam));
  keys_.assign(scores.begin(), scores.end());
  apply_norm(norm, keys_);
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (std::isinf(keys_[i])) continue;
    const double draw = noise.gumbel(current_length(), static_cast<int32_t>(i));
    keys_[i] += static_cast<float>(draw);
  }
  top_.offer(beam, running_[static_cast<size_t>(beam)].score, keys_);
}

// Beams compete by their scores; the noise only chose who takes part.
void BeamSearch::restore_scores(const NormedRows& rows) {
  drawn_.assign(candidates_.begin(), candidates_.end());
  for (Candidate& candidate : drawn_) {
    const Running& hypothesis = running_[static_cast<size_t>(candidate.beam)];
    candidate.score = hypothesis.score + rows.log_prob(hypothesis.row, candidate.token);
  }
  candidates_ = drawn_;
}

float BeamSearch::length_divisor(size_t generated) const {
  return static_cast<float>(
      std::pow(static_cast<double>(generated), static_cast<double>(setup_.config.length_penalty)));
}

// Fills the places of the finished with the best of choices_: the finished themselves come first
// there, then others. @param fill  makes a finished hypothesis of the i-th of those
template <typename Fill>
void BeamSearch::choose_finished(const Fill& fill) {
  const size_t beams = finished_.size();
  std::sort(choices_.begin(), choices_.end());
  for (size_t place = 0; place < beams; ++place) {
    Finished& next = next_finished_[place];
    const Choice& choice = choices_[place];
    if (choice.index < beams) {
      next = finished_[choice.index];
    } else {
      fill(choice.index - beams, next);
    }
    next.score = choice.score;
  }
  finished_.swap(next_finished_);
}

// Finished hypotheses and candidates compete for the places of the finished. Only the best
// num_beams candidates may finish; the others are there for the running ones.
void BeamSearch::keep_finished() {
  const size_t beams = finished_.size();
  choices_.clear();
  for (const Finished& old : finished_) choices_.push_back({old.score, choices_.size()});
  const float divisor = length_divisor(current_length() + 1 - prompt_length_);
  for (size_t i = 0; i < candidates_.size(); ++i) {
    float score = candidates_[i].score / divisor;
    if (!ends_[i] || i >= beams) score += kNever;
    choices_.push_back({score, beams + i});
  }
  choose_finished([&](size_t i, Finished& next) {
    const Running& parent = running_[static_cast<size_t>(candidates_[i].beam)];
    next.ids = parent.ids;
    next.ids.push_back(candidates_[i].token);
    next.is_finished = ends_[i] && i < beams;
    next.token_scores = parent.token_scores;
    if (!token_scores_.empty()) next.token_scores.push_back(token_scores_[i]);
  });
}

// As when every candidate of the last step had ended: what finished then is here already, and what
// goes on are the best of the others.
void BeamSearch::stop() {
  choices_.clear();
  for (const Finished& old : finished_) choices_.push_back({old.score, choices_.size()});
  const float divisor = length_divisor(current_length() - prompt_length_);
  for (const Running& hypothesis : running_) {
    choices_.push_back({hypothesis.score / divisor, choices_.size()});
  }
  choose_finished([&](size_t i, Finished& next) {
    next.ids = running_[i].ids;
    next.is_finished = true;
    next.token_scores = running_[i].token_scores;
  });
  done_ = true;
}

// The best that did not end go on. Those that ended come last, but do come when nothing else is
// left; then the search is over.
void BeamSearch::keep_running() {
  choices_.clear();
  for (size_t i = 0; i < candidates_.size(); ++i) {
    choices_.push_back({candidates_[i].score + (ends_[i] ? kNever : 0.0F), i});
  }
  std::sort(choices_.begin(), choices_.end());
  const size_t beams = std::min(running_.size(), choices_.size());
  next_running_.resize(beams);
  rows_.clear();
  for (size_t place = 0; place < beams; ++place) {
    const Candidate& candidate = candidates_[choices_[place].index];
    const Running& parent = running_[static_cast<size_t>(candidate.beam)];
    Running& next = next_running_[place];
    next.ids = parent.ids;
    next.ids.push_back(candidate.token);
    next.token_scores = parent.token_scores;
    if (!token_scores_.empty()) next.token_scores.push_back(token_scores_[choices_[place].index]);
    next.score = choices_[place].score;
    next.row = static_cast<int32_t>(place);
    rows_.push_back({parent.row, candidate.token});
  }
  running_.swap(next_running_);
}

// A heuristic (_check_early_stop_heuristic): the best running hypothesis is taken at the present
// length, though a longer one could still score better; "never" takes the greatest length.
bool BeamSearch::improvement_possible() const {
  const GenerationConfig& config = setup_.config;
  const bool by_longest =
      config.early_stopping == EarlyStopping::kNever && config.length_penalty > 0.0F;
  const size_t length = (by_longest ? max_length_ : current_length()) - prompt_length_;
  const float best_possible = running_.front().score / length_divisor(length);
  const float worst = finished_.back().score;
  return std::any_of(finished_.begin(), finished_.end(), [&](const Finished& hypothesis) {
    return best_possible > (hypothesis.is_finished ? worst : kNever);
  });
}

void BeamSearch::check_done() {
  const bool full = std::all_of(finished_.begin(), finished_.end(),
                                [](const Finished& hypothesis) { return hypothesis.is_finished; });
  const bool all_end = std::find(ends_.begin(), ends_.end(), false) == ends_.end();
  done_ = all_end || !improvement_possible() ||
          (full && setup_.config.early_stopping == EarlyStopping::kTrue);
}

std::vector<GeneratedSequence> BeamSearch::results() const {
  std::vector<GeneratedSequence> results;
  const auto count = static_cast<size_t>(setup_.config.num_return_sequences);
  for (size_t i = 0; i < count; ++i) {
    const Finished& from = finished_[i];
    results.push_back({from.ids, from.score, setup_.ending_of(from.ids), from.token_scores});
  }
  return results;
}

std::span<const int32_t> BeamSearch::best_so_far() const {
  const Finished& finished = finished_.front();
  const Running& running = running_.front();
  const size_t generated = running.ids.size() - prompt_length_;
  if (finished.is_finished &&
      (generated == 0 || finished.score >= running.score / length_divisor(generated))) {
    return finished.ids;
  }
  return running.ids;
}

// Every later hypothesis is one that finished or descends from one that runs.
size_t BeamSearch::settled() const {
  const std::span<const int32_t> best = best_so_far();
  size_t shared = best.size();
  const auto narrow = [&](const std::vector<int32_t>& ids) {
    const size_t length = std::min(shared, ids.size());
    const auto end = best.begin() + static_cast<std::ptrdiff_t>(length);
    shared =
        static_cast<size_t>(std::mismatch(best.begin(), end, ids.begin()).first - best.begin());
  };
  for (const Running& hypothesis : running_) narrow(hypothesis.ids);
  for (const Finished& hypothesis : finished_) {
    if (hypothesis.is_finished) narrow(hypothesis.ids);
  }
  return shared;
}

}  // namespace dragoman
