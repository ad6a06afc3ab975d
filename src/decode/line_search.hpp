// Greedy search and sampling: outputs that grow token by token, each on its own
// (GenerationMixin._sample). Guesses at the next tokens, where they are asked for, are checked
// along with the last one; outputs are the same without them (GenerationMixin._assisted_decoding).
#pragma once

#include "decode/prompt_lookup.hpp"
#include "decode/sampling.hpp"
#include "decode/search.hpp"

namespace dragoman {

class LineSearch final : public Search {
 public:
  LineSearch(const SearchSetup& setup, LogitsProcessors& processors,
             std::span<const int32_t> prompt, std::span<const int32_t> source, Noise noise);

  std::span<const SearchRow> rows() const override { return rows_; }
  void process(const Context& context, View<float> logits, std::span<RowNorm> norms) override;
  void advance(const NormedRows& rows) override;
  void stop() override { rows_.clear(); }
  bool finished() const override { return rows_.empty(); }
  std::vector<GeneratedSequence> results() const override;
  std::span<const int32_t> best_so_far() const override { return lines_.front().ids; }
  size_t settled() const override { return lines_.front().ids.size(); }

 private:
  struct Line {
    explicit Line(const Noise& own) : noise(own) {}
    Noise noise;
    std::vector<int32_t> ids;
    int first_row = 0;  // of the step that is being decoded; -1 once finished
    int last_row = 0;   // the one whose successor was chosen last
    float score_sum = 0.0F;
    std::vector<float> token_scores;
  };
  struct Choice {
    int32_t token = 0;
    float log_prob = 0.0F;  // in the processed distribution, where output_scores asks for it
  };
  Choice choose(const Line& line, std::span<const float> logits, const RowNorm& norm,
                std::span<float> scratch);
  bool extend(Line& line, std::span<const float> logits, const RowNorm& norm,
              std::span<float> scratch);
  void add_rows(Line& line);

  const SearchSetup& setup_;
  LogitsProcessors& processors_;
  LogitsWarpers warpers_;
  PromptLookup lookup_;
  std::span<const int32_t> source_;
  size_t max_length_;
  std::vector<Line> lines_;
  std::vector<SearchRow> rows_;
};

}  // namespace dragoman
