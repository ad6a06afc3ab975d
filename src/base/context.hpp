// What every forward computation is handed: where to run and where to put scratch.
#pragma once

#include "base/arena.hpp"
#include "base/thread_pool.hpp"

namespace dragoman {

struct Context {
  ThreadPool& pool;
  Arena& arena;  // the caller resets it between steps
};

}  // namespace dragoman
