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
  // What steps took in the way in use and in the other.
  class Comparison {
   public:
    void add(bool of_other, size_t kind, double work, double milliseconds) {
      Cost& cost = costs_[of_other][kind];
      // Longer pauses than a scheduler makes come from elsewhere, and to both ways.
      const Cost& seen = cost.work > 0.0 ? cost : costs_[!of_other][kind];
      if (seen.work > 0.0) milliseconds = std::min(milliseconds, seen.each() * work + kPause);
      cost.milliseconds += milliseconds;
      cost.work += work;
    }

    struct Result {
      double least = 0.0;  // milliseconds of each way that can be compared
      double ratio = 1.0;  // what the other way takes for the same work, by what this one does
    };
    // Only kinds that both ways have had can be compared.
    Result result() const {
      std::array<double, 2> measured{};
      std::array<double, 2> each{};  // for the same work
      for (size_t kind = 0; kind < kKinds; ++kind) {
        const double work = costs_[0][kind].work + costs_[1][kind].work;
        if (costs_[0][kind].work == 0.0 || costs_[1][kind].work == 0.0) continue;
        for (size_t way = 0; way < 2; ++way) {
          measured[way] += costs_[way][kind].milliseconds;
          each[way] += costs_[way][kind].each() * work;
        }
      }
      if (each[0] == 0.0) return {};
      return {std::min(measured[0], measured[1]), each[1] / each[0]};
    }

   private:
    // Of work of one kind, by its size: a unit of it takes longer in some steps than in others, in
    // those of few rows, for one, which read as many weights.
    struct Cost {
      double milliseconds = 0.0;
      double work = 0.0;
      double each() const { return milliseconds / work; }
    };
    static constexpr size_t kKinds = 65;  // by the bits of a step's work
    static constexpr double kPause = 4.0;
    std::array<std::array<Cost, kKinds>, 2> costs_;
  };

  void begin_trial() {
    in_trial_ = true;
    all_ = pair_ = {};
    trial_ = 0.0;
    pairs_ = wins_ = 0;
    begin_turn(true);
  }

  void begin_turn(bool of_other) {
    other_turn_ = of_other;
    settling_ = kSettling;
    turn_ = 0.0;
  }

  void measure(size_t kind, double work, double milliseconds) {
    trial_ += milliseconds;
    // Workers wake, and the system finds them a core; of a long step that is a small part.
    if (settling_ > 0.0 && milliseconds < kTurn / 2.0) {
      settling_ -= milliseconds;
      return;
    }
    all_.add(other_turn_, kind, work, milliseconds);
    pair_.add(other_turn_, kind, work, milliseconds);
    turn_ += milliseconds;
    if (turn_ < kTurn) return;
    const bool was_other = other_turn_;
    begin_turn(!was_other);
    if (!was_other) judge();
  }

  // After a turn of either way. What disturbs one way and not the other, a compiler at work, say,
  // does so for some pairs of turns: the other way has to be better in most.
  void judge() {
    ++pairs_;
    wins_ += pair_.result().ratio < kBetter ? 1 : 0;
    pair_ = {};
    const auto [least, ratio] = all_.result();
    // What workers cost is seen at once only where they have the time to help.
    const bool is_clear = !solo_ && least >= kTurn && ratio > kClearlyWorse;
    const bool is_better = ratio < kBetter;
    const bool is_sure = 4 * wins_ >= 3 * pairs_ || least >= kPlenty;
    if (is_clear || trial_ >= kPatience || (least >= kEnough && (is_sure || !is_better))) {
      end_trial(least >= kEnough && is_better && is_sure);
    }
  }

  void end_trial(bool other_is_better) {
    in_trial_ = other_turn_ = false;
    if (other_is_better) solo_ = !solo_;
    const double longest = solo_ ? kLongestSolo : kLongest;
    // A change is looked at again soon.
    pause_ =
        other_is_better ? kRecheck : std::max(std::min(2.0 * pause_, longest), kRarely * trial_);
    until_trial_ = pause_;
  }

  static constexpr double kSettling = 1.5;
  static constexpr double kTurn = 8.0;          // some slices of a system's scheduler
  static constexpr double kEnough = 32.0;       // of each way
  static constexpr double kPlenty = 96.0;       // the mean counts, whatever the pairs say
  static constexpr double kPatience = 1'000.0;  // where steps are of ever other kinds
  static constexpr double kBetter = 0.95;
  static constexpr double kClearlyWorse = 1.2;  // to be seen at once
  static constexpr double kFirst = 40.0;        // milliseconds before the first trial
  static constexpr double kRecheck = 150.0;     // after a change, and at first between trials
  static constexpr double kLongest = 3'000.0;
  static constexpr double kLongestSolo = 800.0;  // a core that is free again goes unused
  static constexpr double kRarely = 10.0;        // so many times as long as the trial was
  static constexpr double kLate = 0.2;
  static constexpr double kHaste = 30.0;  // a millisecond of waiting counts as so many

  bool solo_ = false;
  bool in_trial_ = false;
  bool other_turn_ = false;  // within a trial: of the way that is not in use
  Comparison all_;           // of a trial
  Comparison pair_;          // of its last two turns
  int pairs_ = 0;
  int wins_ = 0;                 // of the other way
  double trial_ = 0.0;           // how long the trial has been
  double settling_ = 0.0;        // what of its turn does not count yet
  double turn_ = 0.0;            // and the turn
  double pause_ = kRecheck;      // between two trials
  double until_trial_ = kFirst;  // of it what is left
};

/// The same for steps with rests between them. After a rest the system takes milliseconds to wake
/// workers and to find each a core of its own: what is right until then may be wrong afterwards, so
/// that the two are learned apart.
class StepPolicy {
 public:
  /// A step begins, so many milliseconds after the one before.
  void begin(double milliseconds) {
    if (milliseconds > kRest) fresh_left_ = kFresh;
  }
  /// Of the step that has begun, as are the others.
  bool is_solo() { return policy().is_solo(); }
  void waited(double milliseconds) { policy().waited(milliseconds); }
  void stepped(uint64_t work, double milliseconds) {
    policy().stepped(work, milliseconds);
    fresh_left_ -= milliseconds;
  }

 private:
  static constexpr double kRest = 20.0;
  static constexpr double kFresh = 12.0;

  SoloPolicy& policy() { return fresh_left_ > 0.0 ? fresh_ : settled_; }

  SoloPolicy fresh_;
  SoloPolicy settled_;
  double fresh_left_ = 0.0;
};

}  // namespace dragoman
