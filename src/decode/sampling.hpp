// Choosing tokens at random: which stay eligible (the logits warpers of Python `transformers` 4.57,
// generation/logits_process.py, in their order), and reproducible draws among them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/generation_config.hpp"

namespace dragoman {

/// A token that may be chosen, and its score after temperature.
struct Eligible {
  float score = 0.0F;
  int32_t token = 0;
};

/// temperature, top_k, top_p, min_p, typical_p, epsilon_cutoff, eta_cutoff.
class LogitsWarpers {
 public:
  explicit LogitsWarpers(const GenerationConfig& config);
  /// The tokens that stay; at least one (more under beam search) unless all were banned.
  /// @param scores  [vocab_size]: logits or log-probabilities, -inf for banned tokens
  /// @returns a view that holds until the next call
  std::span<const Eligible> apply(std::span<const float> scores);
  /// The same in place: what does not stay becomes -inf.
  void mask(std::span<float> scores);

 private:
  bool needs_order() const;
  void keep_top_k();
  void keep_top_p();
  void keep_min_p();
  void keep_typical();
  void cut_below(float probability);
  float find_probabilities();
  float entropy() const;

  // Read once; neutral values are left out by the steps that they would leave idle.
  float temperature_;
  size_t top_k_;
  float top_p_;
  float min_p_;
  float typical_p_;
  float epsilon_;
  float eta_;
  size_t least_;                      // tokens kept whatever their probability
  std::vector<Eligible> eligible_;    // best first where needs_order()
  std::vector<float> probabilities_;  // of eligible_, after find_probabilities()
  std::vector<size_t> order_;         // scratch of keep_typical()
  std::vector<uint8_t> kept_;         // likewise
};

/// A source of random numbers that depend on nothing but its seed and the place they are for:
/// which hypothesis, which step, which token. Work may be cut and ordered in any way.
class Noise {
 public:
  explicit Noise(uint64_t seed) : seed_(seed) {}
  /// Another, independent source.
  Noise stream(uint64_t index) const;
  /// A draw from the standard Gumbel distribution. The token with the largest score + draw is a
  /// sample from softmax(scores), and the k largest are k samples without replacement
  /// (Kool et al. 2019, "Stochastic Beams and Where to Find Them").
  double gumbel(uint64_t step, int32_t token) const;

 private:
  uint64_t seed_;
};

/// A sample from softmax(scores of `eligible`). Throws internal when there is none.
int32_t draw(std::span<const Eligible> eligible, const Noise& noise, uint64_t step);

}  // namespace dragoman
