// A persistent pool of threads for fork-join regions of a few microseconds to milliseconds.
//
// The caller is participant 0 and drains tiles itself; workers claim tiles by one atomic ticket,
// spin briefly between regions, then sleep. So a late or descheduled worker is never waited for
// unless it holds a tile; where other programs hold the cores and the caller is faster alone, the
// pool does without workers. See docs/architecture.md.
// Without threads (DRAGOMAN_THREADS=0, the single-threaded wasm) every region runs on the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace dragoman {

class ThreadPool {
 public:
  /// @param participants  threads that work in a region, the caller included; 1 starts none.
  ///     Fewer start when the system refuses. In WebAssembly the module's pool of workers must
  ///     hold `participants` - 1, because a worker made later could not start while we compute.
  explicit ThreadPool(int participants);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int participants() const;

  /// True while every worker is spinning. When one has gone to sleep, waking it costs the caller
  /// some ten microseconds.
  bool awake() const;

  /// Whether to share work that takes one thread about so long: a few microseconds of it while
  /// workers are awake, more where they have to be woken, none in a step that does without them.
  bool pays(double microseconds) const;

  /// Calls sleeping workers and does not wait for them: so that they are awake when the first
  /// region comes. They go back to sleep when none does.
  void wake();

  /// Work that belongs together, milliseconds of it. Whether workers take part in it is decided at
  /// its beginning, by what steps took with them and without.
  class Step {
   public:
    explicit Step(ThreadPool& pool) : pool_(pool) { pool_.begin_step(); }
    ~Step() { pool_.end_step(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    ThreadPool& pool_;
  };
  /// Within a step, on the thread that calls run(): so many multiplications were done, shared or
  /// not.
  void did(int64_t multiplications);

  /// Runs `body(tile, participant)` once for each tile in [0, tiles) and returns when all are
  /// done. Tiles run in no particular order; `participant` is in [0, participants()), and no two
  /// tiles run at once under one participant, so it may index scratch. `body` must not throw and
  /// must not call run() again. Called from one thread at a time.
  template <typename Body>
  void run(int tiles, const Body& body) {
    run_erased(
        tiles,
        [](const void* b, int tile, int participant) {
          (*static_cast<const Body*>(b))(tile, participant);
        },
        &body);
  }

  /// The same where sharing pays; else the caller runs all tiles.
  /// @param microseconds  what they take one thread together, about
  template <typename Body>
  void run(int tiles, double microseconds, const Body& body) {
    if (tiles > 1 && pays(microseconds)) return run(tiles, body);
    for (int tile = 0; tile < tiles; ++tile) body(tile, 0);
  }

 private:
  using Invoke = void (*)(const void* body, int tile, int participant);
  void run_erased(int tiles, Invoke invoke, const void* body);
  void begin_step();
  void end_step();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
