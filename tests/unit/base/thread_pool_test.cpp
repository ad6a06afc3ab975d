// The pool runs every tile once, whatever the sizes and however regions follow each other.
#include "base/thread_pool.hpp"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/solo_policy.hpp"

using dragoman::SoloPolicy;
using dragoman::StepPolicy;
using dragoman::ThreadPool;

namespace {

// Counts per tile; atomics, so that a tile run twice at once is seen and not a race.
std::vector<int> counts_of(ThreadPool& pool, int tiles) {
  const auto size = static_cast<size_t>(tiles);
  const auto counts = std::make_unique<std::atomic<int>[]>(size);
  pool.run(tiles, [&](int tile, int) { counts[static_cast<size_t>(tile)].fetch_add(1); });
  std::vector<int> result;
  for (size_t i = 0; i < size; ++i) result.push_back(counts[i].load());
  return result;
}

}  // namespace

TEST_CASE("every tile runs once", "[base][pool]") {
  for (const int participants : {1, 2, 3}) {
    ThreadPool pool(participants);
    CHECK(pool.participants() <= participants);
    for (const int tiles : {0, 1, 2, 3, 7, 16, 1000}) {
      INFO(participants << " participants, " << tiles << " tiles");
      CHECK(counts_of(pool, tiles) == std::vector<int>(static_cast<size_t>(tiles), 1));
    }
  }
}

TEST_CASE("more tiles than a ticket can count run once each", "[base][pool]") {
  ThreadPool pool(2);
  constexpr int kTiles = (1 << 19) * 2 + 5;
  std::vector<unsigned char> ran(kTiles, 0);
  pool.run(kTiles, [&](int tile, int) { ++ran[static_cast<size_t>(tile)]; });
  const bool all_once = ran == std::vector<unsigned char>(kTiles, 1);
  CHECK(all_once);
}

TEST_CASE("what tiles write is seen after the region, region after region", "[base][pool]") {
  ThreadPool pool(3);
  std::vector<int> values(16, 0);
  for (int round = 0; round < 20000; ++round) {
    // Plain integers: only the pool's own ordering protects them.
    pool.run(16, [&](int tile, int) { values[static_cast<size_t>(tile)] += 1; });
  }
  CHECK(values == std::vector<int>(16, 20000));
}

TEST_CASE("participants never overlap with themselves", "[base][pool]") {
  ThreadPool pool(3);
  std::vector<int> scratch(3, 0);  // a race here would be found by the thread sanitizer
  std::atomic<bool> in_range{true};
  for (int round = 0; round < 2000; ++round) {
    pool.run(9, [&](int, int participant) {
      if (participant < 0 || participant >= 3) in_range = false;
      ++scratch[static_cast<size_t>(participant)];
    });
  }
  CHECK(in_range);
  CHECK(scratch[0] + scratch[1] + scratch[2] == 18000);
}

TEST_CASE("regions with pauses between them wake sleeping workers", "[base][pool]") {
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(counts_of(pool, 33) == std::vector<int>(33, 1));
  }
}

TEST_CASE("sleeping workers are called before there is a region for them", "[base][pool]") {
  ThreadPool pool(2);
  if (pool.participants() == 1) return;  // a build without threads
  const auto now = [] { return std::chrono::steady_clock::now(); };
  for (const auto end = now() + std::chrono::seconds(10); pool.awake() && now() < end;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  REQUIRE_FALSE(pool.awake());
  // More than once, as a busy machine may let the worker fall asleep again before we look. We sleep
  // meanwhile, each time a little longer: where both have one core, it runs only then, and is still
  // spinning if we come back soon enough.
  bool awake = false;
  auto pause = std::chrono::microseconds(0);
  for (const auto end = now() + std::chrono::seconds(10); !awake && now() < end;) {
    pool.wake();
    std::this_thread::sleep_for(pause);
    awake = pool.awake();
    pause = (pause + std::chrono::microseconds(10)) % std::chrono::microseconds(200);
  }
  CHECK(awake);
  CHECK(counts_of(pool, 33) == std::vector<int>(33, 1));
}

TEST_CASE("long tiles held by workers are waited for", "[base][pool]") {
  ThreadPool pool(3);
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> finished{0};
    pool.run(3, [&](int tile, int) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1 + 3 * tile));
      finished.fetch_add(1);
    });
    CHECK(finished == 3);
  }
}

TEST_CASE("steps go on whether workers take part or not", "[base][pool]") {
  ThreadPool pool(2);
  for (int step = 0; step < 300; ++step) {
    const ThreadPool::Step timed(pool);
    int alone = 0;
    std::atomic<int> all{0};
    pool.run(8, [&](int, int participant) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      if (participant == 0) ++alone;
      all.fetch_add(1);
    });
    pool.did(1000);
    REQUIRE(all == 8);
    REQUIRE(alone <= 8);
  }
}

namespace {

// A computation whose steps take what its machine says, in milliseconds for a unit of work.
struct Simulation {
  struct Times {
    double shared = 0.0;
    double solo = 0.0;
    double all() const { return shared + solo; }
  };
  // Long steps and short ones, whose units of work cost differently.
  Times run(double milliseconds, double each_shared, double each_solo) {
    Times times;
    for (; times.all() < milliseconds; ++step) {
      const bool is_long = step % 20 == 0;
      const uint64_t work = is_long ? 20'000 : 1'000 + static_cast<uint64_t>(step % 3) * 100;
      const bool solo = policy.is_solo();
      const double each = (solo ? each_solo : each_shared) * (is_long ? 0.4 : 1.0);
      const double took = each * static_cast<double>(work);
      (solo ? times.solo : times.shared) += took;
      policy.stepped(work, took);
    }
    return times;
  }
  SoloPolicy policy;
  int step = 0;
};

}  // namespace

TEST_CASE("the faster way is kept, and the other one tried ever more rarely", "[base][pool]") {
  Simulation simulation;
  CHECK(simulation.run(1'000, 0.001, 0.0017).solo < 120);
  CHECK(simulation.run(10'000, 0.001, 0.0017).solo < 300);
  // Another program takes a core.
  CHECK(simulation.run(5'000, 0.002, 0.0017).shared < 3'200);
  CHECK(simulation.run(10'000, 0.002, 0.0017).shared < 700);
  // It gives it back.
  CHECK(simulation.run(4'000, 0.001, 0.0017).solo < 1'500);
  CHECK(simulation.run(10'000, 0.001, 0.0017).solo < 300);
}

TEST_CASE("long steps are tried once each way, then not for a while", "[base][pool]") {
  SoloPolicy policy;
  int solo = 0;
  for (int step = 0; step < 40; ++step) {
    solo += policy.is_solo() ? 1 : 0;
    policy.stepped(5'000'000'000, policy.is_solo() ? 400.0 : 240.0);
  }
  CHECK(solo <= 3);
}

TEST_CASE("a pause from elsewhere within a trial decides nothing", "[base][pool]") {
  SoloPolicy policy;
  int step = 0;
  for (; step < 1'000 && !policy.is_solo(); ++step) policy.stepped(1'000, 2.0);
  policy.stepped(1'000, 2.2);  // solo, and slower: but the next shared step is interrupted
  while (policy.is_solo()) policy.stepped(1'000, 2.2);
  policy.stepped(1'000, 2.0);
  policy.stepped(1'000, 30.0);
  int solo = 0;
  for (int more = 0; more < 200; ++more) {
    solo += policy.is_solo() ? 1 : 0;
    policy.stepped(1'000, policy.is_solo() ? 2.2 : 2.0);
  }
  CHECK(solo < 60);
}

TEST_CASE("waiting for a worker brings the trial of working alone forward", "[base][pool]") {
  SoloPolicy patient;
  SoloPolicy hasty;
  const auto steps_to_trial = [](SoloPolicy& policy, double wait) {
    int steps = 0;
    for (; !policy.is_solo(); ++steps) {
      policy.waited(wait);
      policy.stepped(1'000, 8.0);
    }
    return steps;
  };
  CHECK(steps_to_trial(patient, 0.1) == 5);  // no longer than a tile may take
  CHECK(steps_to_trial(hasty, 2.0) == 1);
  int solo = 0;
  int steps = 0;
  for (; steps < 100; ++steps) {
    solo += hasty.is_solo() ? 1 : 0;
    hasty.stepped(1'000, hasty.is_solo() ? 7.2 : 8.0);
  }
  CHECK(solo > 80);  // faster by a tenth
}

TEST_CASE("what is right after a rest is learned apart", "[base][pool]") {
  StepPolicy policy;
  int solo_at_first = 0;
  int solo_later = 0;
  // After each rest the system takes a while to find workers their cores.
  for (int call = 0; call < 400; ++call) {
    double at = 0.0;
    for (int step = 0; step < 20; ++step) {
      policy.begin(step == 0 ? 50.0 : 0.1);
      const bool is_solo = policy.is_solo();
      const bool is_first = at < 12.0;
      if (call >= 200) (is_first ? solo_at_first : solo_later) += is_solo ? 1 : 0;
      const double took = is_solo ? 2.0 : is_first ? 3.0 : 1.2;
      if (took == 3.0) policy.waited(0.5);
      policy.stepped(1'000, took);
      at += took;
    }
  }
  CHECK(solo_at_first > 200 * 4);
  CHECK(solo_later < 200 * 3);
}

TEST_CASE("a trial of what is clearly slower is short", "[base][pool]") {
  SoloPolicy policy;
  int solo = 0;
  for (int step = 0; step < 1'000; ++step) {
    solo += policy.is_solo() ? 1 : 0;
    policy.stepped(1'000, policy.is_solo() ? 1.6 : 1.0);
  }
  CHECK(solo <= 5 * 7);  // seven of 1.6 ms fill a turn and the time to settle
}

TEST_CASE("a trial ends where nothing can be compared, and steps without work do not count",
          "[base][pool]") {
  SoloPolicy policy;
  for (int step = 0; step < 1'000; ++step) policy.stepped(0, 5.0);
  CHECK_FALSE(policy.is_solo());
  int steps = 0;
  for (; !policy.is_solo(); ++steps) policy.stepped(1'000, 1.0);
  CHECK(steps == 40);
  for (steps = 0; steps < 5'000; ++steps) policy.stepped(uint64_t{1} << steps % 60, 100.0);
  CHECK_FALSE(policy.is_solo());
}

TEST_CASE("pools are made and destroyed idle, busy, and one inside another's region",
          "[base][pool]") {
  for (int round = 0; round < 30; ++round) {
    ThreadPool pool(2);
    if (round % 2 == 0) CHECK(counts_of(pool, 5) == std::vector<int>(5, 1));
  }
  ThreadPool outer(2);
  std::atomic<int> runs{0};
  outer.run(2, [&](int, int) {
    ThreadPool inner(1);
    inner.run(4, [&](int, int) { runs.fetch_add(1); });
  });
  CHECK(runs == 8);
}
