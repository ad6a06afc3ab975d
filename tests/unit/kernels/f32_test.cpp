// The f32 product against double precision, its epilogue and its fixed order of additions.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "kernels/gemm.hpp"
#include "kernels/reference.hpp"
#include "unit/kernels/random.hpp"

using namespace dragoman;
using dragoman::test::pack_f32;
using dragoman::test::Random;
using dragoman::test::view;

namespace {

struct Product {
  int rows;
  int k;
  int n;
  std::vector<float> x;
  std::vector<float> w;
  std::vector<float> bias;
  std::vector<float> panels;

  Product(Random& random, int row_count, int inputs, int outputs)
      : rows(row_count),
        k(inputs),
        n(outputs),
        x(random.normal(rows, k)),
        w(random.normal(n, k)),
        bias(random.normal(1, round_up(n, kPanelColumns))),
        panels(pack_f32(w, k, n)) {}

  std::vector<float> run(ThreadPool& pool, const Epilogue& epilogue = {}) const {
    Arena arena;
    std::vector<float> out(static_cast<size_t>(rows * n));
    linear({pool, arena}, view(x, rows, k), F32Matrix{panels.data(), bias.data(), k, n}, epilogue,
           view(out, rows, n));
    return out;
  }
};

// Each of k additions rounds a sum of about sqrt(k); far below what one lost product would do.
float allowed_error(int k) {
  return 3e-6F + 3e-7F * static_cast<float>(k);
}

}  // namespace

TEST_CASE("f32 products are those of double precision", "[kernels][f32]") {
  Random random(30);
  ThreadPool pool(1);
  for (int round = 0; round < 30; ++round) {
    const Product product(random, random.integer(1, 70), random.integer(1, 300),
                          random.integer(1, 60));
    INFO("rows " << product.rows << ", k " << product.k << ", n " << product.n);
    std::vector<float> expected(static_cast<size_t>(product.rows * product.n));
    const std::span bias(product.bias.data(), static_cast<size_t>(product.n));
    reference_linear(view(product.x, product.rows, product.k),
                     view(product.w, product.n, product.k), bias,
                     view(expected, product.rows, product.n));
    const std::vector<float> out = product.run(pool);
    float worst = 0.0F;
    for (size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::abs(out[i] - expected[i]));
    CHECK(worst <= allowed_error(product.k));
  }
}

TEST_CASE("f32 products hold for k beyond one block and without a bias", "[kernels][f32]") {
  Random random(31);
  ThreadPool pool(1);
  Arena arena;
  const Product product(random, 3, 2500, 20);
  std::vector<float> out(3 * 20);
  std::vector<float> expected(out.size());
  linear({pool, arena}, view(product.x, 3, 2500),
         F32Matrix{product.panels.data(), nullptr, 2500, 20}, {}, view(out, 3, 20));
  reference_linear(view(product.x, 3, 2500), view(product.w, 20, 2500), {}, view(expected, 3, 20));
  for (size_t i = 0; i < out.size(); ++i)
    CHECK(std::abs(out[i] - expected[i]) < allowed_error(2500));
}

TEST_CASE("an f32 row has the same bits alone, in a batch, and on threads", "[kernels][f32]") {
  Random random(32);
  ThreadPool one(1);
  ThreadPool three(3);
  const Product batch(random, 131, 200, 90);
  const std::vector<float> expected = batch.run(one);
  const bool threads_agree = batch.run(three) == expected;
  CHECK(threads_agree);
  Product single = batch;
  single.rows = 1;
  for (int row = 0; row < batch.rows; ++row) {
    single.x.assign(batch.x.begin() + row * batch.k, batch.x.begin() + (row + 1) * batch.k);
    const bool equal = std::equal(expected.begin() + row * batch.n,
                                  expected.begin() + (row + 1) * batch.n, single.run(one).begin());
    CHECK(equal);
  }
}

TEST_CASE("the f32 epilogue activates and adds the residual", "[kernels][f32]") {
  Random random(33);
  ThreadPool pool(1);
  const Product product(random, 5, 33, 21);
  const std::vector<float> residual = random.normal(5, 21);
  std::vector<float> expected = product.run(pool);
  apply_activation(Activation::kRelu, expected);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] += residual[i];
  CHECK(product.run(pool, {.activation = Activation::kRelu, .residual = view(residual, 5, 21)}) ==
        expected);
}

TEST_CASE("a product of no rows does nothing", "[kernels][f32]") {
  Random random(34);
  ThreadPool pool(2);
  Product product(random, 1, 16, 16);
  product.rows = 0;
  CHECK(product.run(pool).empty());
}
