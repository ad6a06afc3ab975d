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

// Turns of an empty loop: about a millisecond, longer than the gaps between the regions of a
// forward pass and between calls that follow each other, and long enough for a system that woke a
// worker on the caller's core to find it another. Then, for the caller, about 20 microseconds.
#if defined(__wasm__)
constexpr int kWorkerTurns = 1'500'000;
constexpr int kJoinTurns = 20'000;
inline void relax() {}  // WebAssembly has no hint for such loops
#else
constexpr int kWorkerTurns = 40'000;
constexpr int kJoinTurns = 800;
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}
#endif

// Microseconds of one thread. A region costs about one while workers spin; waking them costs the
// caller 10 to 50.
constexpr double kWorthSharing = 1.0;
constexpr double kWorthWaking = 30.0;

using Word = std::atomic<uint32_t>;

// Sleeping until a word changes, or a little less. libc++ for WebAssembly polls in
// std::atomic::wait, so there the instructions are used themselves.
#if defined(__wasm__)
void sleep_while(Word& word, uint32_t value) {
  constexpr int64_t kNanoseconds = 100'000'000;
  __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int32_t*>(&word),
                                      static_cast<int32_t>(value), kNanoseconds);
}
void wake_all(Word& word) {
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int32_t*>(&word), UINT32_MAX);
}
#else
void sleep_while(Word& word, uint32_t value) {
  word.wait(value);
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

constexpr uint64_t epoch_of(uint64_t ticket) {
  return ticket >> (2 * kTileBits);
}

}  // namespace

struct ThreadPool::Impl {
  // A line of the cache travels between cores some times in each region, for 50 to 100 nanoseconds
  // each time: so what is written together and read together lies in one, and nothing else.

  // The body is written before the ticket, and read after a tile is claimed.
  struct alignas(64) Region {
    std::atomic<uint64_t> ticket{0};
    Invoke invoke = nullptr;
    const void* body = nullptr;
    int first_tile = 0;
  } region;
  // Tiles that workers have finished, of all regions.
  alignas(64) Word done{0};
  // What sleeping workers wait for.
  alignas(64) Word calls{0};
  std::atomic<int> sleepers{0};
  // Whether one has gone to sleep since they were called last. One that was called and has no core
  // to wake on is called once only: each call costs the caller microseconds.
  std::atomic<bool> uncalled{false};
  alignas(64) std::atomic<bool> joining{false};
  std::atomic<bool> stop{false};
  // Of the caller alone.
  alignas(64) StepPolicy policy;
  bool solo = false;
  uint64_t work_done = 0;  // in this step
  double step_begin = 0.0;
  double step_end = 0.0;
  uint64_t epoch = 0;
  uint32_t done_before = 0;  // in all regions
  std::vector<std::thread> workers;

  // Runs tiles until none is left. @returns how many
  uint32_t drain(int participant) {
    for (uint32_t count = 0;; ++count) {
      const uint64_t claimed = region.ticket.fetch_add(1, std::memory_order_acq_rel);
      const uint64_t tile = claimed & kTileMask;
      if (tile >= ((claimed >> kTileBits) & kTileMask)) return count;
      region.invoke(region.body, region.first_tile + static_cast<int>(tile), participant);
    }
  }

  // @returns the first epoch that is not `seen`
  uint64_t wait_for_epoch(uint64_t seen) {
    for (;;) {
      for (int turn = 0; turn < kWorkerTurns; ++turn) {
        const uint64_t now = epoch_of(region.ticket.load(std::memory_order_acquire));
        if (now != seen) return now;
        relax();
      }
      const uint32_t call = calls.load(std::memory_order_seq_cst);
      sleepers.fetch_add(1, std::memory_order_relaxed);
      uncalled.store(true, std::memory_order_seq_cst);
      // Either this sees the new ticket, or who wrote it sees that a call is due.
      while (epoch_of(region.ticket.load(std::memory_order_seq_cst)) == seen &&
             calls.load(std::memory_order_seq_cst) == call) {
        sleep_while(calls, call);
      }
      sleepers.fetch_sub(1, std::memory_order_relaxed);
    }
  }

  void work(int participant) {
    for (uint64_t seen = 0;;) {
      seen = wait_for_epoch(seen);
      if (stop.load(std::memory_order_acquire)) return;
      // Tiles are counted when no more are left, not one by one.
      const uint32_t count = drain(participant);
      if (count == 0) continue;
      done.fetch_add(count, std::memory_order_seq_cst);
      if (joining.load(std::memory_order_seq_cst)) wake_all(done);
    }
  }

  void call() {
    if (!uncalled.load(std::memory_order_seq_cst)) return;
    uncalled.store(false, std::memory_order_seq_cst);
    calls.fetch_add(1, std::memory_order_seq_cst);
    wake_all(calls);
  }

  void announce(int tiles) {
    epoch = (epoch + 1) & (~uint64_t{0} >> (2 * kTileBits));
    const uint64_t ticket =
        (epoch << (2 * kTileBits)) | (static_cast<uint64_t>(tiles) << kTileBits);
    region.ticket.store(ticket, std::memory_order_seq_cst);
    call();
  }

  // Waits until workers have finished so many tiles.
  void join(uint32_t count) {
    const uint32_t wanted = done_before += count;
    for (int turn = 0; turn < kJoinTurns; ++turn) {
      if (done.load(std::memory_order_acquire) == wanted) return;
      relax();
    }
    const double begin = milliseconds_now();
    joining.store(true, std::memory_order_seq_cst);
    for (uint32_t now = done.load(); now != wanted; now = done.load()) sleep_while(done, now);
    joining.store(false, std::memory_order_relaxed);
    policy.waited(milliseconds_now() - begin);
  }

  void run_shared(int first, int tiles, Invoke invoke, const void* body) {
    region.invoke = invoke;
    region.body = body;
    region.first_tile = first;
    announce(tiles);
    const uint32_t own = drain(0);
    join(static_cast<uint32_t>(tiles) - own);
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
  impl_->announce(0);
  for (std::thread& worker : impl_->workers) worker.join();
}

int ThreadPool::participants() const {
  return static_cast<int>(impl_->workers.size()) + 1;
}

bool ThreadPool::awake() const {
  return !impl_->workers.empty() && impl_->sleepers.load(std::memory_order_relaxed) == 0;
}

bool ThreadPool::pays(double microseconds) const {
  if (impl_->workers.empty() || impl_->solo) return false;
  return microseconds >= (awake() ? kWorthSharing : kWorthWaking);
}

void ThreadPool::wake() {
  impl_->call();
}

void ThreadPool::begin_step() {
  if (impl_->workers.empty()) return;
  impl_->step_begin = milliseconds_now();
  impl_->policy.begin(impl_->step_begin - impl_->step_end);
  impl_->solo = impl_->policy.is_solo();
  impl_->work_done = 0;
  if (!impl_->solo) wake();
}

void ThreadPool::end_step() {
  if (impl_->workers.empty()) return;
  impl_->step_end = milliseconds_now();
  impl_->policy.stepped(impl_->work_done, impl_->step_end - impl_->step_begin);
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
bool ThreadPool::pays(double) const {
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
