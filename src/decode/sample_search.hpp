// Sampling: num_return_sequences independent continuations of one prompt, each token drawn from
// the processed distribution (GenerationMixin._sample, do_sample=True).
#pragma once

#include "decode/sampling.hpp"
#include "decode/search.hpp"

namespace dragoman {

class SampleSearch final : public Search {
 public:
  SampleSearch(const SearchSetup& setup, LogitsProcessors& processors,
               std::span<const int32_t> prompt, std::span<const int32_t> source, Noise noise);

  std::span<const SearchRow> rows() const override { return rows_; }
  void process(const Context& context, View<float> logits, std::span<RowNorm> norms) override;
  void advance(const NormedRows& rows) override;
  bool finished() const override { return rows_.empty(); }
  std::vector<GeneratedSequence> results() const override;
  std::span<const int32_t> best_so_far() const override { return samples_.front().ids; }
  size_t settled() const override { return samples_.front().ids.size(); }

 private:
  struct Sample {
    std::vector<int32_t> ids;
    Noise noise;
    int row = 0;  // of the step that is being decoded; -1 once finished
    int32_t chosen = 0;
    float score_sum = 0.0F;
  };
  bool ends(const Sample& sample) const;

  const SearchSetup& setup_;
  LogitsProcessors& processors_;
  LogitsWarpers warpers_;
  std::span<const int32_t> source_;
  std::vector<Sample> samples_;
  std::vector<SearchRow> rows_;
};

}  // namespace dragoman
