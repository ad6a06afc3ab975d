// The processors, one function each, called in Python's order by apply().
#include "decode/processors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dragoman {

namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

// `tail` may be empty: every sequence ends with nothing, which is what n-grams of one need.
bool ends_with(std::span<const int32_t> ids, std::span<const int32_t> tail) {
  return ids.size() >= tail.size() &&
         std::equal(tail.begin(), tail.end(), ids.end() - static_cast<ptrdiff_t>(tail.size()));
}

void ban(std::span<const int32_t> tokens, std::span<float> scores) {
  for (const int32_t token : tokens) scores[static_cast<size_t>(token)] = kBanned;
}

// A sequence of n tokens is looked at once the output has n tokens, although its first n - 1
// would be enough to see it coming: so does Python (SequenceBiasLogitsProcessor).
bool about_to_complete(std::span<const int32_t> ids, std::span<const int32_t> sequence) {
  return sequence.size() <= ids.size() && ends_with(ids, sequence.first(sequence.size() - 1));
}

// Bans every token that would repeat in `ids` an n-gram of `seen`.
void ban_repeats(std::span<const int32_t> seen, std::span<const int32_t> ids, size_t n,
                 std::span<float> scores) {
  if (ids.size() + 1 < n || seen.size() < n) return;
  const std::span<const int32_t> tail = ids.last(n - 1);
  for (size_t first = 0; first + n <= seen.size(); ++first) {
    const auto token = static_cast<size_t>(seen[first + n - 1]);
    // Source and target vocabularies may differ in size.
    if (token < scores.size() &&
        std::equal(tail.begin(), tail.end(), seen.begin() + static_cast<ptrdiff_t>(first))) {
      scores[token] = kBanned;
    }
  }
}

// Logits are checked to be numbers before, so what is left to mend are the bans.
void make_finite(std::span<float> scores) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  for (float& score : scores) score = std::clamp(score, -kLargest, kLargest);
}

}  // namespace

LogitsProcessors::LogitsProcessors(const GenerationConfig& config, int vocab_size,
                                   int prompt_length)
    : config_(config),
      prompt_length_(static_cast<size_t>(prompt_length)),
      max_length_(static_cast<size_t>(config.length_limit(prompt_length))),
      min_length_(static_cast<size_t>(config.shortest_length(prompt_length))),
      begin_index_(prompt_length_),
      biases_(config.sequence_bias) {
  if (prompt_length_ <= 1 && config_.forced_bos_token_id) ++begin_index_;
  std::vector<int32_t>& ends = config_.eos_token_id;
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  for (const std::vector<int32_t>& word : config_.bad_words_ids) {
    const bool is_end =
        word.size() == 1 && std::find(ends.begin(), ends.end(), word.front()) != ends.end();
    if (!is_end) bad_words_.push_back(word);
  }
  std::stable_partition(biases_.begin(), biases_.end(),
                        [](const SequenceBias& bias) { return bias.ids.size() == 1; });
  token_biases_.reserve(biases_.size());
  values_.reserve(std::min<size_t>(max_length_, static_cast<size_t>(vocab_size)));
}

bool LogitsProcessors::forces(size_t length) const {
  return (config_.forced_bos_token_id && length == 1) ||
         (!config_.forced_eos_token_id.empty() && length + 1 == max_length_);
}

bool LogitsProcessors::active(size_t length) const {
  return forces(length) || !biases_.empty() || config_.encoder_repetition_penalty != 1.0F ||
         config_.repetition_penalty != 1.0F || config_.no_repeat_ngram_size > 0 ||
         config_.encoder_no_repeat_ngram_size > 0 || !bad_words_.empty() || length < min_length_ ||
         config_.exponential_decay_length_penalty || !config_.suppress_tokens.empty() ||
         !config_.begin_suppress_tokens.empty() || config_.renormalize_logits ||
         config_.remove_invalid_values;
}

void LogitsProcessors::apply(std::span<const int32_t> ids, std::span<const int32_t> source,
                             std::span<float> scores) {
  add_sequence_bias(ids, scores);
  if (config_.encoder_repetition_penalty != 1.0F) {
    penalise(source, 1.0F / config_.encoder_repetition_penalty, scores);
  }
  if (config_.repetition_penalty != 1.0F) penalise(ids, config_.repetition_penalty, scores);
  if (config_.no_repeat_ngram_size > 0) {
    ban_repeats(ids, ids, static_cast<size_t>(config_.no_repeat_ngram_size), scores);
  }
  if (config_.encoder_no_repeat_ngram_size > 0) {
    ban_repeats(source, ids, static_cast<size_t>(config_.encoder_no_repeat_ngram_size), scores);
  }
  ban_words(ids, scores);
  if (ids.size() < min_length_) ban(config_.eos_token_id, scores);
  force(ids, scores);
  if (config_.remove_invalid_values) make_finite(scores);
  favour_end(ids, scores);
  ban(config_.suppress_tokens, scores);
  if (ids.size() == begin_index_) ban(config_.begin_suppress_tokens, scores);
}

// Biases of one token are summed before they meet its score, in the order Python sums them.
void LogitsProcessors::add_sequence_bias(std::span<const int32_t> ids, std::span<float> scores) {
  if (biases_.empty()) return;
  token_biases_.clear();
  for (const SequenceBias& bias : biases_) {
    if (bias.ids.size() == 1 || about_to_complete(ids, bias.ids)) {
      token_biases_.push_back({bias.ids.back(), bias.bias});
    }
  }
  std::stable_sort(token_biases_.begin(), token_biases_.end(),
                   [](const TokenBias& a, const TokenBias& b) { return a.token < b.token; });
  for (size_t i = 0; i < token_biases_.size();) {
    const int32_t token = token_biases_[i].token;
    float sum = 0.0F;
    for (; i < token_biases_.size() && token_biases_[i].token == token; ++i) {
      sum += token_biases_[i].bias;
    }
    scores[static_cast<size_t>(token)] += sum;
  }
}

// Read all, then write all: a token that occurs twice is penalised once. For the encoder's tokens
// Python 4.57 changes the scores of the first beam only, its ids not being repeated for the
// others; what the option means is done here, for every beam.
void LogitsProcessors::penalise(std::span<const int32_t> ids, float penalty,
                                std::span<float> scores) {
  values_.clear();
  for (const int32_t id : ids) {
    const auto token = static_cast<size_t>(id);
    const float score = token < scores.size() ? scores[token] : 0.0F;
    values_.push_back(score < 0.0F ? score * penalty : score / penalty);
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto token = static_cast<size_t>(ids[i]);
    if (token < scores.size()) scores[token] = values_[i];
  }
}

// A list of single tokens and short words: looking at each is cheaper than any index would be.
void LogitsProcessors::ban_words(std::span<const int32_t> ids, std::span<float> scores) const {
  for (const std::vector<int32_t>& word : bad_words_) {
    if (word.size() == 1 || about_to_complete(ids, word)) {
      scores[static_cast<size_t>(word.back())] = kBanned;
    }
  }
}

// Lengths count the prompt, as in Python: with a longer prompt forced_bos_token_id has no effect.
void LogitsProcessors::force(std::span<const int32_t> ids, std::span<float> scores) const {
  if (config_.forced_bos_token_id && ids.size() == 1) {
    std::fill(scores.begin(), scores.end(), kBanned);
    scores[static_cast<size_t>(*config_.forced_bos_token_id)] = 0.0F;
  }
  if (!config_.forced_eos_token_id.empty() && ids.size() + 1 == max_length_) {
    std::fill(scores.begin(), scores.end(), kBanned);
    for (const int32_t token : config_.forced_eos_token_id) {
      scores[static_cast<size_t>(token)] = 0.0F;
    }
  }
}

// Works on the absolute value, so that negative scores grow too (ExponentialDecayLengthPenalty).
void LogitsProcessors::favour_end(std::span<const int32_t> ids, std::span<float> scores) const {
  if (!config_.exponential_decay_length_penalty) return;
  const LengthDecay& decay = *config_.exponential_decay_length_penalty;
  const size_t start = prompt_length_ + static_cast<size_t>(std::max(0, decay.start));
  if (ids.size() <= start) return;
  const double growth =
      std::pow(static_cast<double>(decay.factor), static_cast<double>(ids.size() - start)) - 1.0;
  for (const int32_t token : config_.eos_token_id) {
    float& score = scores[static_cast<size_t>(token)];
    // A banned end stays banned; the formula would make it NaN.
    if (std::isfinite(score)) score += std::fabs(score) * static_cast<float>(growth);
  }
}

}  // namespace dragoman
