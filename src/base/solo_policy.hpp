// When the caller of a thread pool does better without its workers.
//
// Other programs may hold the workers' cores. A worker that loses its core within a tile lets the
// caller wait, one that takes turns with the caller on one core costs more than it does, and not
// always can this be seen from waits. So both ways are tried: steps of a computation
// tell how much work they did in what time, and now and then a few go the other way. The faster way
// is kept, and the other one tried again more rarely each time it loses.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace dragoman {

/// All times are milliseconds that steps took; pauses between steps do not count.
class SoloPolicy {
 public:
  /// Whether the step that begins now is to run on the caller alone.
  bool is_solo() const { return solo_ != trial_; }

  /// A step is over.
  /// @param work  what it did, in any unit   @param milliseconds  what it took
  void stepped(uint64_t work, double milliseconds) {
    const auto kind = static_cast<size_t>(std::bit_width(work));
    if (kind == 0) return;
    costs_[is_solo()][kind].add(milliseconds / static_cast<double>(work));
    if (trial_) return judge(costs_[!is_solo()][kind], work, milliseconds);
    until_trial_ -= milliseconds;
    if (until_trial_ <= 0.0) begin_trial();
  }

  /// Within a step the caller has waited for a worker that had lost its core: a reason to try again
  /// sooner.
  void waited() {
    if (is_solo()) return;
    const double since_trial = pause_ - until_trial_;
    until_trial_ = std::min(until_trial_, kEarly * pause_ - since_trial);
  }

 private:
  // Of work of one kind, as a unit of it takes longer in some steps than in others: in those of few
  // rows, for one, which read as many weights.
  struct Cost {
    void add(double each) {
      count = std::min(count + 1, kMost);
      mean += (each - mean) / count;
    }
    static constexpr int kMost = 32;
    double mean = 0.0;  // milliseconds for a unit of work
    int count = 0;
  };
  using Costs = std::array<Cost, 65>;  // by the bits of a step's work

  void begin_trial() {
    trial_ = true;
    measured_ = expected_ = incomparable_ = 0.0;
    costs_[is_solo()] = {};  // of another time
  }

  // A step of a trial is over, of which the other way's cost is known or not.
  void judge(const Cost& other, uint64_t work, double milliseconds) {
    if (other.count == 0) {
      incomparable_ += milliseconds;
      if (incomparable_ >= kPatience) end_trial(false);
      return;
    }
    measured_ += milliseconds;
    expected_ += other.mean * static_cast<double>(work);
    if (measured_ >= kTrial) end_trial(measured_ < kBetter * expected_);
  }

  void end_trial(bool better) {
    trial_ = false;
    if (better) solo_ = !solo_;
    pause_ = better ? kFirst : std::min(2.0 * pause_, kLongest);
    until_trial_ = pause_;
  }

  static constexpr double kTrial = 16.0;     // several slices of a system's scheduler
  static constexpr double kPatience = 50.0;  // with steps of kinds that the other way has not had
  static constexpr double kBetter = 0.97;
  static constexpr double kFirst = 100.0;
  static constexpr double kLongest = 2000.0;
  static constexpr double kEarly = 0.25;  // of a pause that waiting cuts short

  bool solo_ = false;
  bool trial_ = false;  // of the other way
  std::array<Costs, 2> costs_;
  double pause_ = kFirst;  // between two trials
  double until_trial_ = kFirst;
  double measured_ = 0.0;  // of the trial: what comparable steps took, and would have
  double expected_ = 0.0;
  double incomparable_ = 0.0;
};

}  // namespace dragoman
