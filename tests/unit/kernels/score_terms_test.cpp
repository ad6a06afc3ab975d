// Terms of scores against double precision: windows, biases, relative positions.
#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdlib>

#include "kernels/attention.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

constexpr float kScale = 0.3F;

double dot(View<const float> a, int i, View<const float> b, int j, int first, int width) {
  double sum = 0.0;
  for (int d = first; d < first + width; ++d) {
    sum += static_cast<double>(a.row(i)[d]) * static_cast<double>(b.row(j)[d]);
  }
  return sum;
}

// Weights of one query row for one head.
std::vector<double> plain_weights(const AttentionItem& item, const ScoreTerms& terms, int head,
                                  int row, int width) {
  const int at = item.key.rows - item.query.rows + row;
  const int first = head * width;
  std::vector<double> weights;
  for (int j = 0; j < item.key.rows; ++j) {
    const bool seen =
        (!terms.causal || j <= at) && (terms.window < 0 || std::abs(j - at) <= terms.window);
    double score = dot(item.query, row, item.key, j, first, width);
    if (!terms.position_of.empty()) {
      const auto middle = terms.position_of.size() / 2;
      const int of = terms.position_of[static_cast<size_t>(static_cast<int>(middle) + at - j)];
      if (terms.position_keys.data != nullptr) {
        score += dot(item.query, row, terms.position_keys, of, first, width);
      }
      if (terms.position_queries.data != nullptr) {
        score += dot(item.key, j, terms.position_queries, of, first, width);
      }
    }
    score *= static_cast<double>(kScale);
    if (terms.bias.data != nullptr) {
      score += static_cast<double>(terms.bias.row(head)[terms.bias.cols / 2 + j - at]);
    }
    weights.push_back(seen ? std::exp(score) : 0.0);
  }
  double sum = 0.0;
  for (const double weight : weights) sum += weight;
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Largest error of output and kept weights.
double worst_error(const AttentionItem& item, const ScoreTerms& terms, int heads) {
  const int width = item.query.cols / heads;
  double worst = 0.0;
  for (int head = 0; head < heads; ++head) {
    for (int row = 0; row < item.query.rows; ++row) {
      const std::vector<double> weights = plain_weights(item, terms, head, row, width);
      for (int j = 0; j < item.key.rows; ++j) {
        const float kept = item.probabilities.row(head * item.query.rows + row)[j];
        worst =
            std::max(worst, std::abs(weights[static_cast<size_t>(j)] - static_cast<double>(kept)));
      }
      for (int d = head * width; d < (head + 1) * width; ++d) {
        double sum = 0.0;
        for (int j = 0; j < item.key.rows; ++j) {
          sum += weights[static_cast<size_t>(j)] * static_cast<double>(item.value.row(j)[d]);
        }
        worst = std::max(worst, std::abs(sum - static_cast<double>(item.out.row(row)[d])));
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("terms of scores are those of double precision", "[kernels][attention]") {
  Random random(70);
  ThreadPool pool(2);
  Arena arena;
  for (int round = 0; round < 64; ++round) {
    const int heads = random.integer(1, 3);
    const int cols = heads * random.integer(1, 20);
    const int keys = random.integer(1, 90);
    const int queries = random.integer(1, keys);
    const auto query = random.normal(queries, cols);
    const auto key = random.normal(keys, cols);
    const auto value = random.normal(keys, cols);
    std::vector<float> out(query.size(), -1.0F);
    std::vector<float> kept(static_cast<size_t>(heads * queries * keys), -1.0F);
    const int reach = keys + random.integer(0, 3);
    const auto bias = random.normal(heads, 2 * reach + 1);
    const int positions = random.integer(1, 40);
    const auto position_keys = random.normal(positions, cols);
    const auto position_queries = random.normal(positions, cols);
    std::vector<int32_t> position_of;
    for (int i = 0; i <= 2 * reach; ++i) position_of.push_back(random.integer(0, positions - 1));

    ScoreTerms terms;
    terms.causal = (round & 1) != 0;
    if ((round & 2) != 0) terms.window = random.integer(0, 40);
    if ((round & 4) != 0) terms.bias = view(bias, heads, 2 * reach + 1);
    if ((round & 8) != 0) terms.position_keys = view(position_keys, positions, cols);
    if ((round & 16) != 0) terms.position_queries = view(position_queries, positions, cols);
    if ((round & 24) != 0) terms.position_of = position_of;
    const AttentionItem item{view(query, queries, cols), view(key, keys, cols),
                             view(value, keys, cols), view(out, queries, cols),
                             view(kept, heads * queries, keys)};
    attention({pool, arena}, {&item, 1}, heads, kScale, terms);
    INFO("round " << round << ": " << queries << " queries, " << keys << " keys, window "
                  << terms.window);
    CHECK(worst_error(item, terms, heads) < 1e-5);
  }
}

TEST_CASE("scores of a long sequence are never all held at once", "[kernels][attention]") {
  Random random(71);
  ThreadPool pool(1);
  Arena arena;
  constexpr int kRows = 3000;
  constexpr int kCols = 8;
  const auto x = random.normal(kRows, kCols);
  std::vector<float> out(x.size());
  const View<const float> rows = view(x, kRows, kCols);
  const AttentionItem item{rows, rows, rows, view(out, kRows, kCols)};
  attention({pool, arena}, {&item, 1}, 2, kScale);
  CHECK(arena.bytes_reserved() < size_t{kRows} * 300);  // one head's scores would be 12000 a row
}
