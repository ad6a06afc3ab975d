// Sinusoidal positions against their formula.
#include "nn/positions.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

namespace dragoman::test {

TEST_CASE("Sines come first, then cosines, one frequency for both", "[nn][positions]") {
  const SinusoidalPositions table(10, 6);
  CHECK(table.row(0)[0] == 0.0F);
  CHECK(table.row(0)[5] == 1.0F);
  CHECK(table.row(3)[0] == std::sin(3.0F));
  CHECK(std::fabs(table.row(3)[1] - static_cast<float>(std::sin(3 / std::pow(10000, 2 / 6.)))) <
        1e-7F);
  CHECK(std::fabs(table.row(9)[4] - static_cast<float>(std::cos(9 / std::pow(10000, 2 / 6.)))) <
        1e-7F);
}

TEST_CASE("An odd width has one sine more", "[nn][positions]") {
  const SinusoidalPositions table(4, 5);
  CHECK(table.row(0)[2] == 0.0F);
  CHECK(table.row(0)[3] == 1.0F);
  CHECK(table.row(0)[4] == 1.0F);
}

}  // namespace dragoman::test
