// Steps of decoding do not allocate once a session has been as large before.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <new>

#include "unit/models/golden_model.hpp"

namespace {

std::atomic<int> allocations = 0;

void* counted(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// The program's own operators: every allocation of the tests passes here. The aligned forms stay
// the library's; the nothrow forms must not, since their memory comes back to these.
void* operator new(std::size_t bytes) {
  return counted(bytes);
}
void* operator new[](std::size_t bytes) {
  return counted(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace dragoman::test {
namespace {

// Thirty tokens for two beams of each of two sources, the beams changing places every time.
int allocations_of_search(Engine& engine, Seq2SeqSession& session, int32_t a, int32_t b) {
  std::vector<DecodeRow> rows = {{a, -1, 66}, {b, -1, 66}};
  engine.arena.reset();
  session.decode(engine.context, rows);
  rows = {{a, 0, 5}, {a, 0, 6}, {b, 1, 7}, {b, 1, 8}};
  engine.arena.reset();
  session.decode(engine.context, rows);
  rows = {{a, 1, 5}, {a, 0, 6}, {b, 3, 7}, {b, 3, 8}};
  const int before = allocations;
  for (int step = 0; step < 30; ++step) {
    engine.arena.reset();
    session.decode(engine.context, rows);
  }
  return allocations - before;
}

}  // namespace

TEST_CASE("A decoding step of a size seen before does not allocate", "[models][session]") {
  for (const WeightType type : {WeightType::kFp32, WeightType::kInt8}) {
    Engine engine;
    const auto model = load_seq2seq("marian-swish", type);
    const auto session = model->start_session();
    const std::vector<int32_t> source = {5, 9, 12, 0};
    const int32_t a = session->add_source(source);
    const int32_t b = session->add_source(source);
    while (session->encode_step(engine.context)) {
    }
    CHECK(allocations_of_search(engine, *session, a, b) > 0);  // the caches grow: it does count
    CHECK(allocations_of_search(engine, *session, a, b) == 0);
  }
}

}  // namespace dragoman::test
