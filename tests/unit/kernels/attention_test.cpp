// Attention against double precision, ragged batches and scattered caches.
#include "kernels/attention.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "kernels/attention_parts.hpp"
#include "kernels/reference.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

// A sequence with its own operands; keys and values lie side by side, as projections give them.
struct Sequence {
  int queries;
  int keys;
  int width;
  std::vector<float> query;
  std::vector<float> keys_values;
  std::vector<float> out;

  Sequence(Random& random, int query_rows, int key_rows, int cols)
      : queries(query_rows),
        keys(key_rows),
        width(cols),
        query(random.normal(queries, width)),
        keys_values(random.normal(keys, 2 * width)),
        out(query.size(), -1.0F) {}

  AttentionItem item() {
    const View<const float> both(keys_values.data(), keys, 2 * width);
    return {view(std::as_const(query), queries, width), both.columns(0, width),
            both.columns(width, width), view(out, queries, width)};
  }
  float worst_error(int heads, float scale, bool causal) {
    std::vector<float> expected(out.size());
    const AttentionItem mine = item();
    reference_attention(mine.query, mine.key, mine.value, heads, scale, causal,
                        view(expected, queries, width));
    float worst = 0.0F;
    for (size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::abs(out[i] - expected[i]));
    return worst;
  }
};

}  // namespace

TEST_CASE("attention of every shape is that of double precision", "[kernels][attention]") {
  Random random(50);
  ThreadPool pool(1);
  Arena arena;
  for (int round = 0; round < 60; ++round) {
    const int heads = random.integer(1, 4);
    const int width = heads * random.integer(1, 40);
    const bool causal = round % 2 == 0;
    const int queries = random.integer(1, round % 3 == 0 ? 4 : 80);
    const int keys = queries + random.integer(0, 30);
    INFO(heads << " heads, width " << width << ", " << queries << " queries, " << keys << " keys"
               << (causal ? ", causal" : ""));
    Sequence sequence(random, queries, keys, width);
    const AttentionItem item = sequence.item();
    attention({pool, arena}, {&item, 1}, heads, 0.3F, {.causal = causal});
    CHECK(sequence.worst_error(heads, 0.3F, causal) < 4e-6F);
  }
}

TEST_CASE("more queries than keys are allowed when all is seen", "[kernels][attention]") {
  Random random(51);
  ThreadPool pool(1);
  Arena arena;
  Sequence sequence(random, 50, 7, 24);
  const AttentionItem item = sequence.item();
  attention({pool, arena}, {&item, 1}, 2, 0.5F);
  CHECK(sequence.worst_error(2, 0.5F, false) < 4e-6F);
}

TEST_CASE("scores far out of the range of exp stay finite", "[kernels][attention]") {
  Random random(52);
  ThreadPool pool(1);
  Arena arena;
  for (const int queries : {2, 20}) {
    Sequence sequence(random, queries, 30, 16);
    for (float& value : sequence.query) value *= 1e4F;
    const AttentionItem item = sequence.item();
    attention({pool, arena}, {&item, 1}, 1, 1.0F);
    for (const float value : sequence.out) CHECK(std::isfinite(value));
  }
}

TEST_CASE("an item's result does not depend on its neighbours or on threads",
          "[kernels][attention]") {
  Random random(53);
  ThreadPool one(1);
  ThreadPool three(3);
  Arena arena;
  std::vector<Sequence> sequences;
  for (const auto& [queries, keys] : {std::pair{128, 128}, {1, 40}, {5, 5}, {33, 90}, {2, 17}}) {
    sequences.emplace_back(random, queries, keys, 96);
  }
  std::vector<AttentionItem> items;
  for (Sequence& sequence : sequences) items.push_back(sequence.item());
  attention({three, arena}, items, 3, 0.2F);
  for (Sequence& sequence : sequences) {
    const std::vector<float> batched = sequence.out;
    const AttentionItem item = sequence.item();
    attention({one, arena}, {&item, 1}, 3, 0.2F);
    CHECK(sequence.out == batched);
  }
}

TEST_CASE("gathered attention is attention over the rows it names", "[kernels][attention]") {
  Random random(54);
  ThreadPool pools[] = {ThreadPool(1), ThreadPool(3)};
  Arena arena;
  constexpr int kRows = 400;
  constexpr int kWidth = 60;
  const std::vector<float> keys = random.normal(kRows, kWidth);
  const std::vector<float> values = random.normal(kRows, kWidth);
  const std::vector<float> queries = random.normal(9, kWidth);
  std::vector<std::vector<int32_t>> entries(9);
  for (std::vector<int32_t>& history : entries) {
    for (int i = random.integer(1, 300); i > 0; --i) {
      history.push_back(random.integer(0, kRows - 1));
    }
  }
  for (ThreadPool& pool : pools) {
    std::vector<float> out(9 * kWidth);
    std::vector<GatheredAttentionItem> items;
    for (size_t i = 0; i < entries.size(); ++i) {
      items.push_back({queries.data() + i * kWidth, entries[i], out.data() + i * kWidth});
    }
    gathered_attention({pool, arena}, items, view(keys, kRows, kWidth), view(values, kRows, kWidth),
                       {.heads = 3, .head_dim = kWidth / 3, .scale = 0.25F});
    for (size_t i = 0; i < entries.size(); ++i) {
      std::vector<float> own_keys;
      std::vector<float> own_values;
      for (const int32_t entry : entries[i]) {
        const auto first = static_cast<ptrdiff_t>(entry) * kWidth;
        own_keys.insert(own_keys.end(), keys.begin() + first, keys.begin() + first + kWidth);
        own_values.insert(own_values.end(), values.begin() + first,
                          values.begin() + first + kWidth);
      }
      const auto count = static_cast<int>(entries[i].size());
      std::vector<float> expected(kWidth);
      reference_attention({items[i].query, 1, kWidth}, view(std::as_const(own_keys), count, kWidth),
                          view(std::as_const(own_values), count, kWidth), 3, 0.25F, false,
                          view(expected, 1, kWidth));
      for (size_t d = 0; d < expected.size(); ++d) {
        CHECK(std::abs(items[i].out[d] - expected[d]) < 4e-6F);
      }
    }
  }
}

// Work that is worth sharing with workers that are awake and not worth waking them for: whether
// they are changes from one moment to the next.
TEST_CASE("scratch is there for everybody who takes part, workers falling asleep or not",
          "[kernels][attention][pool]") {
  ThreadPool pool(2);
  Arena arena;
  const Context context{pool, arena};
  constexpr size_t kFloats = 4096;
  constexpr size_t kEach = 16;
  bool kept = true;
  for (int round = 0; round < 1'500 && kept; ++round) {
    pool.wake();
    std::this_thread::sleep_for(std::chrono::microseconds(round % 150));
    arena.reset();
    const std::span<float> all = arena.take<float>(kFloats);
    std::fill(all.begin(), all.end(), -1.0F);
    arena.reset();
    for_each_part(context, 8, 2, kEach, 50'000, [](int, int, float* scratch) {
      for (int turn = 0; turn < 50; ++turn) std::fill_n(scratch, kEach, 1.0F);
    });
    const size_t used = arena.mark().used / sizeof(float);
    kept = std::count(all.begin() + static_cast<ptrdiff_t>(used), all.end(), -1.0F) ==
           static_cast<ptrdiff_t>(kFloats - used);
  }
  CHECK(kept);
}
