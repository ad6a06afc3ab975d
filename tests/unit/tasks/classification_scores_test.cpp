// From logits to labels.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <limits>

#include "tasks/text_classification.hpp"

using namespace dragoman;
using Catch::Matchers::WithinAbs;

TEST_CASE("Softmax, sigmoid and none give the scores of the formulas", "[tasks]") {
  const std::vector<float> logits = {1.0F, -2.0F, 0.5F};
  const double sum = std::exp(1.0) + std::exp(-2.0) + std::exp(0.5);
  const auto soft = label_scores(logits, ScoreFunction::kSoftmax);
  const auto sigmoid = label_scores(logits, ScoreFunction::kSigmoid);
  for (size_t i = 0; i < logits.size(); ++i) {
    const auto logit = static_cast<double>(logits[i]);
    CHECK_THAT(static_cast<double>(soft[i]), WithinAbs(std::exp(logit) / sum, 1e-6));
    CHECK_THAT(static_cast<double>(sigmoid[i]), WithinAbs(1 / (1 + std::exp(-logit)), 1e-6));
  }
  CHECK(label_scores(logits, ScoreFunction::kNone) == logits);
}

TEST_CASE("Huge logits neither overflow nor divide by nothing", "[tasks]") {
  const std::vector<float> logits = {3e38F, -3e38F, 3e38F};
  const auto soft = label_scores(logits, ScoreFunction::kSoftmax);
  CHECK(soft == std::vector<float>{0.5F, 0.0F, 0.5F});
  CHECK(label_scores(logits, ScoreFunction::kSigmoid) == std::vector<float>{1.0F, 0.0F, 1.0F});
}

TEST_CASE("Logits that are not numbers are an error, not a label", "[tasks]") {
  const std::vector<float> logits = {0.0F, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_AS(label_scores(logits, ScoreFunction::kSoftmax), Error);
}

TEST_CASE("Labels come best first and ties in their order", "[tasks]") {
  const std::vector<float> scores = {0.2F, 0.5F, 0.2F, 0.9F};
  const auto all = best_labels(scores, std::nullopt);
  REQUIRE(all.size() == 4);
  CHECK(all[0].label == 3);
  CHECK(all[1].label == 1);
  CHECK(all[2].label == 0);
  CHECK(all[3].label == 2);
  CHECK(best_labels(scores, 2).size() == 2);
  CHECK(best_labels(scores, 9).size() == 4);
}
