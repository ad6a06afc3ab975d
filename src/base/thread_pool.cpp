// The pool: one atomic ticket to claim tiles by, one counter to join on.
#include "base/thread_pool.hpp"

// Emscripten has threads only where it is told so.
#if !defined(DRAGOMAN_THREADS)
#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
#define DRAGOMAN_THREADS 0
#else
#define DRAGOMAN_THREADS 1
#endif
#endif

#if DRAGOMAN_THREADS

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include "base/solo_policy.hpp"

#if defined(__wasm__)
extern "C" double emscripten_get_now();  // milliseconds
#endif

namespace dragoman {

namespace {

// Turns of an empty loop: some 100 microseconds, longer than the gaps between the regions of a
// forward pass, shorter than anybody minds. Then, for the caller, about 20.
#if defined(__wasm__)
constexpr int kWorkerTurns = 150'000;
constexpr int kJoinTurns = 20'000;
inline void relax() {}  // WebAssembly has no hint for such loops
#else
constexpr int kWorkerTurns = 4'000;
constexpr int kJoinTurns = 800;
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}
#endif

// Longer than any tile takes: a worker that lets the caller wait so long has lost its core.
constexpr int64_t kLateMilliseconds = 1;

using Word = std::atomic<uint32_t>;

// Sleeping until a word changes. libc++ for WebAssembly polls in std::atomic::wait, so there the
// instructions are used themselves.
#if defined(__wasm__)
// False when `word` was still `value` after `milliseconds`.
bool sleep_while(Word& word, uint32_t value, int64_t milliseconds) {
  constexpr int kTimedOut = 2;
  return __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int32_t*>(&word),
                                             static_cast<int32_t>(value),
                                             milliseconds * 1'000'000) != kTimedOut;
}
void wake_all(Word& word) {
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int32_t*>(&word), UINT32_MAX);
}
#else
// Here milliseconds are turns of yielding; then a long sleep has no end.
bool sleep_while(Word& word, uint32_t value, int64_t milliseconds) {
  constexpr int64_t kTurnsPerMillisecond = 2'000;
  for (int64_t turn = 0; turn < milliseconds * kTurnsPerMillisecond; ++turn) {
    if (word.load(std::memory_order_acquire) != value) return true;
    std::this_thread::yield();
  }
  if (milliseconds > kLateMilliseconds) word.wait(value);
  return false;
}
void wake_all(Word& word) {
  word.notify_all();
}
#endif

double milliseconds_now() {
#if defined(__wasm__)
  return emscripten_get_now();  // a tenth of what the standard library's clocks take there
#else
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(since).count();
#endif
}

// The ticket: epoch (24 bits), tiles of the region (20), next tile (20). One addition claims a
// tile and tells how many there are; a late worker's addition to a finished region is harmless.
constexpr int kTileBits = 20;
constexpr uint64_t kTileMask = (uint64_t{1} << kTileBits) - 1;
// Late additions must not carry into the number of tiles.
constexpr int kMostTiles = 1 << (kTileBits - 1);

}  // namespace

struct ThreadPool::Impl {
  // Each in its own cache line: workers spin on one while others are written.
  alignas(64) std::atomic<uint64_t> ticket{0};
  alignas(64) Word epoch{0};
  alignas(64) Word done{0};
  alignas(64) std::atomic<int> sleepers{0};
  // Whether one has gone to sleep since they were called last. One that was called and has no core
  // to wake on is called once only: each call costs the caller microseconds.
  std::atomic<bool> uncalled{false};
  alignas(64) std::atomic<bool> joining{false};
  std::atomic<bool> stop{false};
  // The region's body; written before the ticket, read after a tile is claimed.
  Invoke invoke = nullptr;
  const void* body = nullptr;
  int first_tile = 0;
  // Of the caller alone.
  SoloPolicy policy;
  bool solo = false;
  uint64_t work_done = 0;  // in this step
  double step_begin = 0.0;
  std::vector<std::thread> workers;

  // Tiles are counted when no more are left, not one by one: each addition takes the counter's
  // cache line from the others.
  void drain(int participant) {
    uint32_t count = 0;
    // Called without a region, a worker leaves the ticket alone: additions must stay few.
    const uint64_t last = ticket.load(std::memory_order_acquire);
    if ((last & kTileMask) >= ((last >> kTileBits) & kTileMask)) return;
    for (;;) {
      const uint64_t claimed = ticket.fetch_add(1, std::memory_order_acq_rel);
      const uint64_t tile = claimed & kTileMask;
      const uint64_t tiles = (claimed >> kTileBits) & kTileMask;
      if (tile >= tiles) {
        if (count == 0) return;
        const uint32_t finished = done.fetch_add(count, std::memory_order_seq_cst) + count;
        if (finished == tiles && joining.load(std::memory_order_seq_cst)) wake_all(done);
        return;
      }
      invoke(body, first_tile + static_cast<int>(tile), participant);
      ++count;
    }
  }

  void wait_for_epoch(uint32_t seen) {
    for (int turn = 0; turn < kWorkerTurns; ++turn) {
      if (epoch.load(std::memory_order_acquire) != seen) return;
      relax();
    }
    sleepers.fetch_add(1, std::memory_order_relaxed);
    uncalled.store(true, std::memory_order_seq_cst);
    // Woken at the latest after a while, should a wake-up ever be missed.
    while (epoch.load(std::memory_order_seq_cst) == seen) sleep_while(epoch, seen, 100);
    sleepers.fetch_sub(1, std::memory_order_relaxed);
  }

  void work(int participant) {
    uint32_t seen = 0;
    for (;;) {
      wait_for_epoch(seen);
      seen = epoch.load(std::memory_order_acquire);
      if (stop.load(std::memory_order_acquire)) return;
      drain(participant);
    }
  }

  void announce() {
    epoch.fetch_add(1, std::memory_order_seq_cst);
    if (uncalled.load(std::memory_order_seq_cst)) {
      uncalled.store(false, std::memory_order_seq_cst);
      wake_all(epoch);
    }
  }

  // Waits for the last tiles.
  void join(uint32_t tiles) {
    for (int turn = 0; turn < kJoinTurns; ++turn) {
      if (done.load(std::memory_order_acquire) == tiles) return;
      relax();
    }
    bool late = false;
    joining.store(true, std::memory_order_seq_cst);
    for (uint32_t now = done.load(); now != tiles; now = done.load()) {
      if (!sleep_while(done, now, kLateMilliseconds)) late = true;
    }
    joining.store(false, std::memory_order_relaxed);
    if (late) policy.waited();
  }

  void run_shared(int first, int tiles, Invoke region_invoke, const void* region_body) {
    invoke = region_invoke;
    body = region_body;
    first_tile = first;
    done.store(0, std::memory_order_relaxed);
    const uint64_t next_epoch = epoch.load(std::memory_order_relaxed) + 1;
    ticket.store((next_epoch << (2 * kTileBits)) | (static_cast<uint64_t>(tiles) << kTileBits),
                 std::memory_order_release);
    announce();
    drain(0);
    join(static_cast<uint32_t>(tiles));
  }
};

ThreadPool::ThreadPool(int participants) : impl_(std::make_unique<Impl>()) {
  const int workers = std::max(participants, 1) - 1;
  impl_->workers.reserve(static_cast<size_t>(workers));
  for (int i = 0; i < workers; ++i) {
    try {
      impl_->workers.emplace_back([impl = impl_.get(), i] { impl->work(i + 1); });
    } catch (const std::system_error&) {
      return;  // the system gives no more threads: those that came must do
    }
  }
}

ThreadPool::~ThreadPool() {
  impl_->stop.store(true, std::memory_order_release);
  impl_->announce();
  for (std::thread& worker : impl_->workers) worker.join();
}

int ThreadPool::participants() const {
  return static_cast<int>(impl_->workers.size()) + 1;
}

bool ThreadPool::awake() const {
  return !impl_->workers.empty() && impl_->sleepers.load(std::memory_order_relaxed) == 0 &&
         !impl_->solo;
}

// An epoch without a region: its ticket is the last one's, of which no tile is left.
void ThreadPool::wake() {
  if (impl_->uncalled.load(std::memory_order_relaxed)) impl_->announce();
}

void ThreadPool::begin_step() {
  if (impl_->workers.empty()) return;
  impl_->solo = impl_->policy.is_solo();
  impl_->work_done = 0;
  impl_->step_begin = milliseconds_now();
  if (!impl_->solo) wake();
}

void ThreadPool::end_step() {
  if (impl_->workers.empty()) return;
  impl_->policy.stepped(impl_->work_done, milliseconds_now() - impl_->step_begin);
  impl_->solo = false;
}

void ThreadPool::did(int64_t multiplications) {
  impl_->work_done += static_cast<uint64_t>(multiplications);
}

void ThreadPool::run_erased(int tiles, Invoke invoke, const void* body) {
  if (tiles <= 1 || impl_->workers.empty() || impl_->solo) {
    for (int tile = 0; tile < tiles; ++tile) invoke(body, tile, 0);
    return;
  }
  for (int first = 0; first < tiles; first += kMostTiles) {
    impl_->run_shared(first, std::min(kMostTiles, tiles - first), invoke, body);
  }
}

}  // namespace dragoman

#else

namespace dragoman {

struct ThreadPool::Impl {};

ThreadPool::ThreadPool(int) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::participants() const {
  return 1;
}
bool ThreadPool::awake() const {
  return false;
}
void ThreadPool::wake() {}
void ThreadPool::begin_step() {}
void ThreadPool::end_step() {}
void ThreadPool::did(int64_t) {}

void ThreadPool::run_erased(int tiles, Invoke invoke, const void* body) {
  for (int tile = 0; tile < tiles; ++tile) invoke(body, tile, 0);
}

}  // namespace dragoman

#endif
