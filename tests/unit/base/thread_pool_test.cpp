// The pool runs every tile once, whatever the sizes and however regions follow each other.
#include "base/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/solo_policy.hpp"

using dragoman::SoloPolicy;
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
  // More than once, as a busy machine may let the worker fall asleep again before we look.
  for (const auto end = now() + std::chrono::seconds(10); !pool.awake() && now() < end;) {
    pool.wake();
    std::this_thread::yield();
  }
  CHECK(pool.awake());
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

TEST_CASE("after a late worker the caller works alone for a while, then shares again",
          "[base][pool]") {
  ThreadPool pool(2);
  if (pool.participants() == 1) return;  // a build without threads
  std::atomic<bool> slept{false};
  // Of two tiles that wait for each other each participant has one; the worker's is late.
  std::atomic<int> begun{0};
  pool.run(2, [&](int, int participant) {
    begun.fetch_add(1);
    while (begun.load() < 2) std::this_thread::yield();
    if (participant == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      slept = true;
    }
  });
  CHECK(slept);
  CHECK_FALSE(pool.awake());
  int alone = 0;
  pool.run(8, [&](int, int participant) { alone += participant == 0 ? 1 : 100; });
  CHECK(alone == 8);
  std::atomic<bool> shared{false};
  const auto now = [] { return std::chrono::steady_clock::now(); };
  for (const auto end = now() + std::chrono::seconds(10); !shared && now() < end;) {
    pool.run(8, [&](int, int participant) {
      if (participant == 1) shared = true;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    });
  }
  CHECK(shared);
}

TEST_CASE("a wait now and then is forgiven, frequent ones make regions solo, for longer each time",
          "[base][pool]") {
  SoloPolicy policy;
  double now = 1000.0;
  for (int round = 0; round < 100; ++round) {  // 2 ms lost in 102
    for (int i = 0; i < 10; ++i) policy.shared(now += 10.0, true);
    policy.waited(2.0, now += 2.0);
    REQUIRE_FALSE(policy.is_solo(now));
  }
  double alone = 0.0;
  double shared = 0.0;
  double longest = 0.0;
  for (int round = 0; round < 100; ++round) {  // half of the time lost
    policy.shared(now += 3.0, true);
    policy.waited(3.0, now += 3.0);
    shared += 6.0;
    double length = 0.0;
    for (; policy.is_solo(now); now += 0.5) length += 0.5;
    alone += length;
    longest = std::max(longest, length);
  }
  CHECK(alone > 20.0 * shared);
  CHECK(longest <= 321.0);
  for (int i = 0; i < 100; ++i) policy.shared(now += 10.0, true);  // the core is free again
  policy.waited(2.0, now);
  CHECK_FALSE(policy.is_solo(now));
  policy.shared(now += 2.0, false);  // once: a worker that was just waking up
  CHECK_FALSE(policy.is_solo(now));
  policy.waited(9.0, now);
  CHECK(policy.is_solo(now + 8.0));
  CHECK_FALSE(policy.is_solo(now + 10.0));
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
