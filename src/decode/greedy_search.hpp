// Greedy search: the likeliest token at every step (GenerationMixin._sample, do_sample=False).
#pragma once

#include "decode/search.hpp"

namespace dragoman {

class GreedySearch final : public Search {
 public:
  GreedySearch(const SearchSetup& setup, LogitsProcessors& processors,
               std::span<const int32_t> prompt, std::span<const int32_t> source);

  std::span<const SearchRow> rows() const override { return {&row_, 1}; }
  void process(const Context& context, View<float> logits, std::span<RowNorm> norms) override;
  void advance(const NormedRows& rows) override;
  bool finished() const override { return finished_; }
  std::vector<GeneratedSequence> results() const override;
  std::span<const int32_t> best_so_far() const override { return ids_; }
  size_t settled() const override { return ids_.size(); }

 private:
  const SearchSetup& setup_;
  LogitsProcessors& processors_;
  std::span<const int32_t> source_;
  std::vector<int32_t> ids_;
  SearchRow row_;
  int32_t chosen_ = 0;
  float score_sum_ = 0.0F;
  bool finished_ = false;
};

}  // namespace dragoman
