// A step of every sample that goes on.
#include "decode/sample_search.hpp"

#include <algorithm>

namespace dragoman {

SampleSearch::SampleSearch(const SearchSetup& setup, LogitsProcessors& processors,
                           std::span<const int32_t> prompt, std::span<const int32_t> source,
                           Noise noise)
    : setup_(setup), processors_(processors), warpers_(setup.config), source_(source) {
  // All begin as the prompt and share one decoded row.
  const auto count = static_cast<size_t>(setup.config.num_return_sequences);
  for (size_t i = 0; i < count; ++i) {
    samples_.push_back({.ids = {prompt.begin(), prompt.end()}, .noise = noise.stream(i)});
  }
  rows_ = {{-1, prompt.back()}};
}

// On a copy, because the score is taken from the model's own distribution.
void SampleSearch::process(const Context& context, View<float> logits, std::span<RowNorm>) {
  const ArenaScope scope(context.arena);
  const std::span<float> copy = context.arena.take<float>(static_cast<size_t>(logits.cols));
  for (Sample& sample : samples_) {
    if (sample.row < 0) continue;
    const std::span<const float> row = logits.row_span(sample.row);
    std::copy(row.begin(), row.end(), copy.begin());
    if (processors_.active(sample.ids.size())) processors_.apply(sample.ids, source_, copy);
    sample.chosen = draw(warpers_.apply(copy), sample.noise, sample.ids.size());
  }
}

bool SampleSearch::ends(const Sample& sample) const {
  const std::vector<int32_t>& eos = setup_.config.eos_token_id;
  return std::find(eos.begin(), eos.end(), sample.chosen) != eos.end() ||
         sample.ids.size() >= static_cast<size_t>(setup_.config.length_limit(setup_.prompt_length));
}

void SampleSearch::advance(const NormedRows& rows) {
  rows_.clear();
  for (Sample& sample : samples_) {
    if (sample.row < 0) continue;
    if (!processors_.forces(sample.ids.size())) {
      sample.score_sum += rows.log_prob(sample.row, sample.chosen);
    }
    sample.ids.push_back(sample.chosen);
    if (ends(sample)) {
      sample.row = -1;
      continue;
    }
    rows_.push_back({sample.row, sample.chosen});
    sample.row = static_cast<int>(rows_.size()) - 1;
  }
}

std::vector<GeneratedSequence> SampleSearch::results() const {
  std::vector<GeneratedSequence> results;
  for (const Sample& sample : samples_) {
    const size_t generated = sample.ids.size() - static_cast<size_t>(setup_.prompt_length);
    const float length = static_cast<float>(std::max<size_t>(1, generated));
    results.push_back({sample.ids, sample.score_sum / length});
  }
  return results;
}

}  // namespace dragoman
