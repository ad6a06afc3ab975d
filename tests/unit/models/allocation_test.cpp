// Steps of decoding do not allocate once a session has been as large before.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <new>

#include "decode/generator.hpp"
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

// The second of two prompts that are worked on one after the other finds all scratch as large as it
// needs it. @returns allocations of its steps but for the first ones and the last
int allocations_of_second(Engine& engine, const Seq2SeqModel& model,
                          const GenerationConfig& config) {
  Seq2SeqGenerator generator(model, config, {0, 0, 0, 0});
  const std::vector<int32_t> prompt = {5, 9, 12, 5, 9};
  generator.add(prompt);
  generator.add(prompt);
  const auto step = [&] {
    engine.arena.reset();
    return generator.step(engine.context);
  };
  while (!generator.finished(0)) step();
  const size_t begun = prompt.size() + 2;
  while (generator.best_so_far(1).size() < begun) step();
  int counted = 0;
  while (!generator.finished(1)) {
    const int before = allocations;
    step();
    if (!generator.finished(1)) counted += allocations - before;
  }
  return counted;
}

}  // namespace

TEST_CASE("Steps of a whole generation do not allocate", "[decode][generator]") {
  Engine engine;
  for (const WeightType type : {WeightType::kFp32, WeightType::kInt8}) {
    const auto model = load_causal("llama", type);
    GenerationConfig config;
    config.max_new_tokens = 16;
    config.bad_words_ids = {{3}, {4, 5}};
    config.no_repeat_ngram_size = 3;
    config.repetition_penalty = 1.1F;
    CHECK(allocations_of_second(engine, *model, config) == 0);
    config.prompt_lookup_num_tokens = 3;
    CHECK(allocations_of_second(engine, *model, config) == 0);
    config.prompt_lookup_num_tokens.reset();
    config.do_sample = true;
    config.num_return_sequences = 3;
    config.top_p = 0.9F;
    CHECK(allocations_of_second(engine, *model, config) == 0);
    config.do_sample = false;
    config.num_beams = 3;
    CHECK(allocations_of_second(engine, *model, config) == 0);
  }
}

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
