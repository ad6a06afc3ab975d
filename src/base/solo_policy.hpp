// When the caller of a thread pool does better without its workers.
//
// Other programs may hold the workers' cores. A worker that loses its core within a tile lets the
// caller wait, one that takes turns with the caller on one core costs more than it does, and not
// always can this be seen from waits. So both ways are tried: steps of a computation tell how much
// work they did in what time, and now and then the two ways take turns for some steps. The faster
// one is kept, and the other tried again more rarely each time it loses.
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
  bool is_solo() const { return solo_ != other_turn_; }

  /// A step is over.
  /// @param work  what it did, in any unit   @param milliseconds  what it took
  void stepped(uint64_t work, double milliseconds) {
    const auto kind = static_cast<size_t>(std::bit_width(work));
    if (kind == 0) return;
    if (in_trial_) return measure(kind, static_cast<double>(work), milliseconds);
    until_trial_ -= milliseconds;
    if (until_trial_ <= 0.0) begin_trial();
  }

  /// Within a step the caller has slept until a worker was done. Longer than tiles take: it had
  /// lost its core, a reason to try sooner the more time that takes.
  void waited(double milliseconds) {
    if (in_trial_ || solo_ || milliseconds < kLate) return;
    until_trial_ -= kHaste * milliseconds;
  }

 private:
  // Of work of one kind, by its size: a unit of it takes longer in some steps than in others, in
  // those of few rows, for one, which read as many weights.
  struct Cost {
    double milliseconds = 0.0;
    double work = 0.0;
    double each() const { return milliseconds / work; }
  };
  using Costs = std::array<Cost, 65>;  // by the bits of a step's work

  void begin_trial() {
    in_trial_ = true;
    costs_ = {};
    trial_ = 0.0;
    begin_turn(true);
  }

  void begin_turn(bool of_other) {
    other_turn_ = of_other;
    settling_ = kSettling;
    turn_ = 0.0;
  }

  void measure(size_t kind, double work, double milliseconds) {
    trial_ += milliseconds;
    // Workers wake, and the system finds them a core.
    if (settling_ > 0.0) {
      settling_ -= milliseconds;
      return;
    }
    Cost& cost = costs_[other_turn_][kind];
    // Longer pauses than a scheduler makes come from elsewhere, and to both ways.
    const Cost& seen = cost.work > 0.0 ? cost : costs_[!other_turn_][kind];
    if (seen.work > 0.0) milliseconds = std::min(milliseconds, seen.each() * work + kLongestPause);
    cost.milliseconds += milliseconds;
    cost.work += work;
    turn_ += milliseconds;
    if (turn_ < kTurn) return;
    begin_turn(!other_turn_);
    judge();
  }

  // Only kinds that both ways have had can be compared.
  void judge() {
    std::array<double, 2> measured{};
    std::array<double, 2> each{};  // for the same work
    for (size_t kind = 0; kind < costs_[0].size(); ++kind) {
      const double work = costs_[0][kind].work + costs_[1][kind].work;
      if (costs_[0][kind].work == 0.0 || costs_[1][kind].work == 0.0) continue;
      for (size_t way = 0; way < 2; ++way) {
        measured[way] += costs_[way][kind].milliseconds;
        each[way] += costs_[way][kind].each() * work;
      }
    }
    const double least = std::min(measured[0], measured[1]);
    // What workers cost is seen at once only where they have the time to help.
    const bool is_clear = !solo_ && least >= kTurn && each[1] > kClearlyWorse * each[0];
    const bool enough = least >= kEnough;
    if (is_clear || enough || trial_ >= kPatience) {
      end_trial(enough && each[1] < kBetter * each[0]);
    }
  }

  void end_trial(bool other_is_better) {
    in_trial_ = other_turn_ = false;
    if (other_is_better) solo_ = !solo_;
    const double longest = solo_ ? kLongestSolo : kLongest;
    pause_ = other_is_better ? kFirst : std::min(2.0 * pause_, longest);
    pause_ = std::max(pause_, kRarely * trial_);
    until_trial_ = pause_;
  }

  static constexpr double kSettling = 1.5;
  static constexpr double kTurn = 8.0;          // some slices of a system's scheduler
  static constexpr double kEnough = 32.0;       // of each way
  static constexpr double kPatience = 1'000.0;  // where steps are of ever other kinds
  static constexpr double kLongestPause = 4.0;
  static constexpr double kBetter = 0.95;
  static constexpr double kClearlyWorse = 1.2;  // to be seen at once
  static constexpr double kFirst = 300.0;
  static constexpr double kLongest = 3'000.0;
  static constexpr double kLongestSolo = 800.0;  // a core that is free again goes unused
  static constexpr double kRarely = 10.0;        // so many times as long as the trial was
  static constexpr double kLate = 1.0;
  static constexpr double kHaste = 10.0;  // a millisecond of waiting counts as so many

  bool solo_ = false;
  bool in_trial_ = false;
  bool other_turn_ = false;      // within a trial: of the way that is not in use
  std::array<Costs, 2> costs_;   // of a trial: of the way in use, of the other
  double trial_ = 0.0;           // how long the trial has been
  double settling_ = 0.0;        // what of its turn does not count yet
  double turn_ = 0.0;            // and the turn
  double pause_ = kFirst;        // between two trials
  double until_trial_ = kFirst;  // of it what is left
};

}  // namespace dragoman
