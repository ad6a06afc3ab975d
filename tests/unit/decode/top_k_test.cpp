// The best continuations against a full sort.
#include "decode/top_k.hpp"

#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <random>

namespace dragoman {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<Candidate> by_sorting(const std::vector<std::vector<float>>& rows,
                                  const std::vector<float>& offsets, size_t k) {
  std::vector<Candidate> all;
  for (size_t beam = 0; beam < rows.size(); ++beam) {
    for (size_t token = 0; token < rows[beam].size(); ++token) {
      all.push_back({rows[beam][token] + offsets[beam], static_cast<int32_t>(beam),
                     static_cast<int32_t>(token)});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  all.resize(std::min(k, all.size()));
  return all;
}

void check_same(std::span<const Candidate> actual, const std::vector<Candidate>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO("rank " << i);
    CHECK(actual[i].score == expected[i].score);
    CHECK(actual[i].beam == expected[i].beam);
    CHECK(actual[i].token == expected[i].token);
  }
}

}  // namespace

TEST_CASE("The best of several rows are those of a full sort", "[decode][top_k]") {
  constexpr uint32_t kSeed = 7;
  std::mt19937 random(kSeed);
  INFO("seed " << kSeed);
  for (int round = 0; round < 300; ++round) {
    const size_t beams = 1 + random() % 5;
    const size_t vocab = 1 + random() % 400;
    const size_t k = 1 + random() % 24;
    // Few levels make many ties; some tokens are banned.
    const auto levels = 2 + random() % 2000;
    std::vector<std::vector<float>> rows(beams, std::vector<float>(vocab));
    std::vector<float> offsets;
    for (auto& row : rows) {
      offsets.push_back(-static_cast<float>(random() % 4));
      for (float& score : row) {
        score = random() % 10 == 0 ? -kInfinity : -static_cast<float>(random() % levels) / 16.0F;
      }
    }
    TopK top(k);
    for (int repeat = 0; repeat < 2; ++repeat) {
      top.clear();
      for (size_t beam = 0; beam < beams; ++beam) {
        top.offer(static_cast<int32_t>(beam), offsets[beam], rows[beam]);
      }
      check_same(top.sorted(), by_sorting(rows, offsets, k));
    }
  }
}

TEST_CASE("Fewer scores than places leave places empty", "[decode][top_k]") {
  TopK top(10);
  top.offer(0, 0.0F, std::vector<float>{-1.0F, -kInfinity, 2.0F});
  check_same(top.sorted(), {{2.0F, 0, 2}, {-1.0F, 0, 0}, {-kInfinity, 0, 1}});
}

}  // namespace dragoman
