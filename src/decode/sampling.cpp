// The warpers work on a list of the tokens that are still eligible: after top_k it is short,
// whatever the vocabulary.
#include "decode/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace dragoman {

namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

bool better(const Eligible& a, const Eligible& b) {
  return a.score != b.score ? a.score > b.score : a.token < b.token;
}

// splitmix64 (Steele et al. 2014): every bit of the result depends on every bit of the input.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

LogitsWarpers::LogitsWarpers(const GenerationConfig& config)
    : temperature_(config.temperature),
      top_k_(static_cast<size_t>(config.top_k)),
      top_p_(config.top_p),
      min_p_(config.min_p),
      typical_p_(config.typical_p),
      epsilon_(config.epsilon_cutoff),
      eta_(config.eta_cutoff),
      // Beams need a way on besides every way to end.
      least_(config.num_beams > 1 ? config.eos_token_id.size() + 1 : 1) {
  if (config.num_beams > 1 && config.eos_token_id.empty()) least_ = 2;
  if (top_k_ > 0) top_k_ = std::max(top_k_, least_);
}

bool LogitsWarpers::needs_order() const {
  return top_p_ < 1.0F || min_p_ > 0.0F || typical_p_ < 1.0F || epsilon_ > 0.0F || eta_ > 0.0F;
}

std::span<const Eligible> LogitsWarpers::apply(std::span<const float> scores) {
  eligible_.clear();
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] != kBanned) {
      eligible_.push_back({scores[i] / temperature_, static_cast<int32_t>(i)});
    }
  }
  keep_top_k();
  if (eligible_.empty() || !needs_order()) return eligible_;
  std::sort(eligible_.begin(), eligible_.end(), better);
  if (top_p_ < 1.0F) keep_top_p();
  if (min_p_ > 0.0F) keep_min_p();
  if (typical_p_ < 1.0F) keep_typical();
  if (epsilon_ > 0.0F) {
    find_probabilities();
    cut_below(epsilon_);
  }
  if (eta_ > 0.0F) {
    find_probabilities();
    cut_below(std::min(eta_, std::sqrt(eta_) * std::exp(-entropy())));
  }
  return eligible_;
}

void LogitsWarpers::mask(std::span<float> scores) {
  const std::span<const Eligible> kept = apply(scores);
  std::fill(scores.begin(), scores.end(), kBanned);
  for (const Eligible& token : kept) scores[static_cast<size_t>(token.token)] = token.score;
}

// What equals the last of the k best stays with it, as in Python.
void LogitsWarpers::keep_top_k() {
  if (top_k_ == 0 || eligible_.size() <= top_k_) return;
  std::vector<Eligible>& all = eligible_;
  const auto last = all.begin() + static_cast<ptrdiff_t>(top_k_) - 1;
  std::nth_element(all.begin(), last, all.end(), better);
  const float threshold = last->score;
  std::erase_if(all, [&](const Eligible& token) { return token.score < threshold; });
}

// @returns log(sum of exp(score - best)), with which log-probabilities are found too
float LogitsWarpers::find_probabilities() {
  const float best = eligible_.front().score;
  probabilities_.clear();
  float sum = 0.0F;
  for (const Eligible& token : eligible_) {
    probabilities_.push_back(std::exp(token.score - best));
    sum += probabilities_.back();
  }
  for (float& probability : probabilities_) probability /= sum;
  return std::log(sum);
}

// Python sums from the least likely token up and drops what lies within 1 - top_p.
void LogitsWarpers::keep_top_p() {
  find_probabilities();
  double sum = 0.0;
  size_t kept = eligible_.size();
  while (kept > least_) {
    sum += static_cast<double>(probabilities_[kept - 1]);
    if (static_cast<float>(sum) > static_cast<float>(1.0 - static_cast<double>(top_p_))) break;
    --kept;
  }
  eligible_.resize(kept);
}

void LogitsWarpers::keep_min_p() {
  find_probabilities();
  cut_below(min_p_ * probabilities_.front());
}

void LogitsWarpers::cut_below(float probability) {
  size_t kept = eligible_.size();
  while (kept > least_ && probabilities_[kept - 1] < probability &&
         eligible_[kept - 1].score < eligible_[least_ - 1].score) {
    --kept;
  }
  eligible_.resize(kept);
}

float LogitsWarpers::entropy() const {
  float sum = 0.0F;
  for (const float p : probabilities_) {
    if (p > 0.0F) sum -= p * std::log(p);
  }
  return sum;
}

// Locally typical sampling (Meister et al. 2022): the tokens whose surprise is nearest to the
// expected one, until they have the mass.
void LogitsWarpers::keep_typical() {
  const float log_sum = find_probabilities();
  const float best = eligible_.front().score;
  const float expected = entropy();
  const auto distance = [&](size_t i) {
    return std::fabs(-(eligible_[i].score - best - log_sum) - expected);
  };
  order_.clear();
  for (size_t i = 0; i < eligible_.size(); ++i) order_.push_back(i);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](size_t a, size_t b) { return distance(a) < distance(b); });
  double sum = 0.0;
  size_t last = 0;
  while (last + 1 < order_.size()) {
    sum += static_cast<double>(probabilities_[order_[last]]);
    if (static_cast<float>(sum) >= typical_p_) break;
    ++last;
  }
  const float farthest = distance(order_[last]);
  kept_.assign(eligible_.size(), 0);
  for (size_t place = 0; place < order_.size(); ++place) {
    kept_[order_[place]] = place < least_ || distance(order_[place]) <= farthest;
  }
  size_t kept = 0;
  for (size_t i = 0; i < eligible_.size(); ++i) {
    if (kept_[i] != 0) eligible_[kept++] = eligible_[i];
  }
  eligible_.resize(kept);
}

Noise Noise::stream(uint64_t index) const {
  return Noise(mix(seed_ ^ mix(index + 1)));
}

double Noise::gumbel(uint64_t step, int32_t token) const {
  const uint64_t place = (step << 32U) ^ static_cast<uint64_t>(static_cast<uint32_t>(token));
  // 53 bits as the middle of an interval: neither 0 nor 1.
  const auto bits = static_cast<double>(mix(seed_ ^ mix(place)) >> 11U);
  const double uniform = (bits + 0.5) * 0x1p-53;
  return -std::log(-std::log(uniform));
}

int32_t draw(std::span<const Eligible> eligible, const Noise& noise, uint64_t step) {
  int32_t token = -1;
  double best = 0.0;
  for (const Eligible& candidate : eligible) {
    const double key = static_cast<double>(candidate.score) + noise.gumbel(step, candidate.token);
    if (token >= 0 && key <= best) continue;
    token = candidate.token;
    best = key;
  }
  if (token < 0) throw Error(ErrorCode::kInvalidArgument, "Every token is banned.");
  return token;
}

}  // namespace dragoman
