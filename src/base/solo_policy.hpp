// When the caller of a thread pool does better without its workers.
//
// Other programs may hold the workers' cores. A worker that loses its core within a tile lets the
// caller wait until the system gives it back, milliseconds later; one that never had it costs the
// caller what sharing costs, and one that took the caller's core costs more. Where such losses eat
// up what sharing gains, the caller works alone for a time, then tries again; now and then one, as
// any machine has them, is no reason to.
#pragma once

#include <algorithm>

namespace dragoman {

/// All times are milliseconds of one clock that never goes back.
class SoloPolicy {
 public:
  /// Whether a region that begins now is to run on the caller alone.
  bool is_solo(double now) {
    if (until_ > 0.0 && now >= until_) {
      until_ = 0.0;
      last_ = now;
    }
    return until_ > 0.0;
  }
  /// False where is_solo() need not be asked.
  bool may_be_solo() const { return until_ > 0.0; }

  /// Regions were shared up to now: some of that time may be lost later.
  /// @param fairly  whether caller and workers each did a part of the work worth mentioning; one
  ///     that did not had no core
  void shared(double now, bool fairly) {
    const double time = std::clamp(now - last_, 0.0, kMostAtOnce);
    last_ = now;
    if (!fairly) return lose(kLost * time, now);
    credit_ += kWorth * time;
    if (credit_ < kMostCredit) return;
    credit_ = kMostCredit;
    length_ /= 2.0;
    if (length_ < kShortest / 2.0) length_ = 0.0;
  }

  /// The caller has waited for a worker that had lost its core.
  void waited(double milliseconds, double now) {
    last_ = now;
    lose(milliseconds, now);
  }

 private:
  void lose(double milliseconds, double now) {
    credit_ -= milliseconds;
    if (credit_ >= 0.0) return;
    credit_ = 0.0;
    length_ = std::clamp(std::max(2.0 * length_, milliseconds), kShortest, kLongest);
    until_ = now + length_;
  }

  static constexpr double kWorth = 0.15;  // of the time shared may be lost again
  static constexpr double kLost = 0.5;    // of the time shared unfairly
  static constexpr double kMostAtOnce = 20.0;
  static constexpr double kMostCredit = 5.0;
  static constexpr double kShortest = 5.0;
  static constexpr double kLongest = 320.0;

  double credit_ = 2.0;
  double last_ = 0.0;
  double until_ = 0.0;   // solo until then; 0: not
  double length_ = 0.0;  // of the last solo time
};

}  // namespace dragoman
