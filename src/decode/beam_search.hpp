// Beam search as Python `transformers` 4.57 does it (GenerationMixin._beam_search) for a batch of
// one: running hypotheses compete by their summed log-probabilities, finished ones by that sum
// divided by a power of their length. With do_sample continuations are drawn without replacement.
#pragma once

#include "decode/sampling.hpp"
#include "decode/search.hpp"
#include "decode/top_k.hpp"

namespace dragoman {

class BeamSearch final : public Search {
 public:
  BeamSearch(const SearchSetup& setup, LogitsProcessors& processors,
             std::span<const int32_t> prompt, std::span<const int32_t> source, Noise noise);

  std::span<const SearchRow> rows() const override { return rows_; }
  void process(const Context& context, View<float> logits, std::span<RowNorm> norms) override;
  void advance(const NormedRows& rows) override;
  void stop() override;
  bool finished() const override { return done_; }
  std::vector<GeneratedSequence> results() const override;
  std::span<const int32_t> best_so_far() const override;
  size_t settled() const override;

 private:
  struct Running {
    std::vector<int32_t> ids;
    float score = 0.0F;
    int32_t row = 0;                  // of the step that is being decoded
    std::vector<float> token_scores;  // where output_scores asks for them
  };
  // Places that nothing finished has taken yet hold hypotheses with is_finished false.
  struct Finished {
    std::vector<int32_t> ids;
    float score = 0.0F;
    bool is_finished = false;
    std::vector<float> token_scores;
  };
  // One place of the next running or finished hypotheses: where its content comes from.
  struct Choice {
    float score;
    size_t index;
    // Best first; of equal ones the earlier.
    bool operator<(const Choice& other) const {
      return score != other.score ? score > other.score : index < other.index;
    }
  };

  void find_candidates(const NormedRows& rows);
  void offer_drawn(int32_t beam, std::span<const float> scores, const RowNorm& norm);
  void restore_scores(const NormedRows& rows);
  void keep_token_scores(const NormedRows& rows);
  void keep_running();
  void keep_finished();
  template <typename Fill>
  void choose_finished(const Fill& fill);
  void check_done();
  bool improvement_possible() const;
  float length_divisor(size_t generated) const;
  size_t current_length() const { return running_.front().ids.size(); }

  const SearchSetup& setup_;
  LogitsProcessors& processors_;
  LogitsWarpers warpers_;
  Noise noise_;
  std::span<const int32_t> source_;
  size_t prompt_length_;
  size_t max_length_;

  std::vector<Running> running_;    // best first
  std::vector<Finished> finished_;  // best first
  TopK top_;
  std::span<const Candidate> candidates_;  // of this step, best first
  std::vector<bool> ends_;                 // which candidates hit a stopping criterion
  std::vector<float> token_scores_;        // of their last tokens, where output_scores asks
  std::vector<SearchRow> rows_;
  bool done_ = false;

  // Scratch, kept so that steps do not allocate.
  std::vector<Choice> choices_;
  std::vector<float> keys_;
  std::vector<Candidate> drawn_;
  std::vector<Running> next_running_;
  std::vector<Finished> next_finished_;
};

}  // namespace dragoman
