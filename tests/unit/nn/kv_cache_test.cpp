// The tree of cache entries.
#include "nn/kv_cache.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

namespace dragoman::test {
namespace {

std::vector<int32_t> history(const KvCache& cache, int32_t entry) {
  std::vector<int32_t> result(static_cast<size_t>(cache.length(entry)));
  cache.history(entry, result);
  return result;
}

}  // namespace

TEST_CASE("Histories share what they have in common", "[nn][kv_cache]") {
  KvCache cache(2, 4);
  const int32_t root = cache.extend(-1);
  const int32_t left = cache.extend(root);
  const int32_t right = cache.extend(root);
  const int32_t leaf = cache.extend(right);
  CHECK(history(cache, left) == std::vector<int32_t>{root, left});
  CHECK(history(cache, leaf) == std::vector<int32_t>{root, right, leaf});
  CHECK(cache.live_entries() == 4);
}

TEST_CASE("Entries live as long as something descends from them", "[nn][kv_cache]") {
  KvCache cache(1, 4);
  const int32_t root = cache.extend(-1);
  const int32_t left = cache.extend(root);
  const int32_t right = cache.extend(root);
  cache.drop(root);
  CHECK(cache.live_entries() == 3);
  cache.drop(left);
  CHECK(cache.live_entries() == 2);
  cache.drop(right);
  CHECK(cache.live_entries() == 0);
}

TEST_CASE("Values survive growth and free room is used again", "[nn][kv_cache]") {
  KvCache cache(2, 3);
  std::vector<int32_t> entries;
  for (int i = 0; i < 500; ++i) {
    entries.push_back(cache.extend(i % 7 == 0 ? -1 : entries.back()));
    cache.keys(1).row(entries.back())[2] = static_cast<float>(i);
    cache.values(0).row(entries.back())[0] = static_cast<float>(-i);
  }
  const size_t bytes = cache.bytes();
  for (int i = 0; i < 500; ++i) {
    CHECK(cache.keys(1).row(entries[static_cast<size_t>(i)])[2] == static_cast<float>(i));
    CHECK(cache.values(0).row(entries[static_cast<size_t>(i)])[0] == static_cast<float>(-i));
  }
  for (const int32_t entry : entries) cache.drop(entry);
  CHECK(cache.live_entries() == 0);
  for (int i = 0; i < 500; ++i) cache.extend(-1);
  CHECK(cache.bytes() == bytes);
}

TEST_CASE("Random forests agree with plain lists", "[nn][kv_cache]") {
  constexpr unsigned kSeed = 7;
  std::mt19937 random(kSeed);
  KvCache cache(1, 1);
  // Each row carries a copy of the values along its path, the cache only its last entry.
  struct Row {
    int32_t entry;
    std::vector<float> path;
  };
  std::vector<Row> rows;
  float next = 0.0F;
  for (int step = 0; step < 300; ++step) {
    std::vector<Row> chosen;
    const size_t count = 1 + random() % 9;
    for (size_t i = 0; i < count; ++i) {
      const bool fresh = rows.empty() || random() % 5 == 0;
      const Row parent = fresh ? Row{-1, {}} : rows[random() % rows.size()];
      Row row{cache.extend(parent.entry), parent.path};
      row.path.push_back(++next);
      cache.keys(0).row(row.entry)[0] = next;
      chosen.push_back(row);
    }
    for (const Row& row : rows) cache.drop(row.entry);
    rows = chosen;
    for (const Row& row : rows) {
      std::vector<float> found;
      for (const int32_t entry : history(cache, row.entry)) {
        found.push_back(cache.keys(0).row(entry)[0]);
      }
      REQUIRE(found == row.path);
    }
  }
  for (const Row& row : rows) cache.drop(row.entry);
  CHECK(cache.live_entries() == 0);
}

TEST_CASE("A cache of int8 holds each head by its own range, in a quarter of the room",
          "[nn][kv_cache]") {
  constexpr int kWidth = 128;
  constexpr int kHead = 64;
  KvCache exact(2, kWidth);
  KvCache narrow(2, kWidth, kHead);
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  std::vector<float> key(kWidth);
  std::vector<float> value(kWidth);
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < kWidth; ++j) {
      key[static_cast<size_t>(j)] = normal(random) * (j < kHead ? 100.0F : 0.01F);
      value[static_cast<size_t>(j)] = i == 0 ? 0.0F : normal(random);
    }
    const int32_t entry = narrow.extend(-1);
    REQUIRE(exact.extend(-1) == entry);
    narrow.put(1, entry, key.data(), value.data());
    exact.put(1, entry, key.data(), value.data());
    std::vector<float> scratch(kHead);
    for (int head = 0; head < 2; ++head) {
      const float* from = narrow.key_rows(1).head(entry, head, kHead, scratch.data());
      const float* all = exact.key_rows(1).head(entry, head, kHead, nullptr);
      const float range = head == 0 ? 100.0F : 0.01F;
      for (int j = 0; j < kHead; ++j) CHECK(std::fabs(from[j] - all[j]) < 0.02F * range);
    }
    if (i == 0) CHECK(*narrow.value_rows(1).head(entry, 0, kHead, scratch.data()) == 0.0F);
  }
  CHECK(narrow.is_int8());
  CHECK(static_cast<double>(narrow.bytes()) < 0.28 * static_cast<double>(exact.bytes()));
}

}  // namespace dragoman::test
