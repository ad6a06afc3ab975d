// Buckets of distances against Python's, where each begins.
#include "nn/relative_positions.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace dragoman::test {
namespace {

// Distances from 1 on at which a bucket other than the one before begins.
template <typename Bucket>
std::vector<int> beginnings(int last, const Bucket& bucket) {
  std::vector<int> found;
  for (int distance = 1; distance <= last; ++distance) {
    if (bucket(distance) != bucket(distance - 1)) found.push_back(distance);
  }
  return found;
}

}  // namespace

TEST_CASE("Buckets of T5 and MPNet begin where Python's do", "[nn][relative]") {
  const std::vector<int> expected = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91};
  const auto after = [](int distance) { return relative_bucket(distance, 32, 128, true); };
  const auto before = [](int distance) { return relative_bucket(-distance, 32, 128, true); };
  CHECK(beginnings(300, after) == expected);
  CHECK(beginnings(300, before) == expected);
  CHECK(after(0) == 0);
  CHECK(after(1) == 17);
  CHECK(after(300) == 31);
  CHECK(before(300) == 15);
}

TEST_CASE("A bucket of one direction puts all later keys together", "[nn][relative]") {
  const auto before = [](int distance) { return relative_bucket(-distance, 32, 128, false); };
  CHECK(beginnings(300, before) == std::vector<int>{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                                    12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35,
                                                    40, 46, 52, 59, 67, 77, 87, 99, 113});
  CHECK(before(300) == 31);
  CHECK(relative_bucket(5, 32, 128, false) == 0);
}

TEST_CASE("Buckets of DeBERTa begin where Python's do", "[nn][relative]") {
  const std::vector<int> expected = {
      128, 129, 130, 131, 133, 134, 136, 137, 139, 140, 142, 143, 145, 146, 148, 150, 151, 153,
      155, 156, 158, 160, 161, 163, 165, 167, 169, 170, 172, 174, 176, 178, 180, 182, 184, 186,
      188, 190, 192, 194, 196, 198, 201, 203, 205, 207, 210, 212, 214, 216, 219, 221, 224, 226,
      229, 231, 234, 236, 239, 241, 244, 247, 249, 252, 255, 258, 260, 263, 266, 269, 272, 275,
      278, 281, 284, 287, 290, 294, 297, 300, 303, 307, 310, 313, 317, 320, 324, 327, 331, 335,
      338, 342, 346, 349, 353, 357, 361, 365, 369, 373, 377, 381, 385, 390, 394, 398, 403, 407,
      411, 416, 420, 425, 430, 434, 439, 444, 449, 454, 459, 464, 469, 474, 479, 484, 490, 495,
      500, 506, 512, 517, 523, 528, 534, 540, 546, 552, 558, 564, 570, 577, 583, 589, 596};
  std::vector<int> near;
  for (int distance = 1; distance < 128; ++distance) near.push_back(distance);
  near.insert(near.end(), expected.begin(), expected.end());
  const auto bucket = [](int distance) { return log_bucket(distance, 256, 512); };
  CHECK(beginnings(599, bucket) == near);
  for (int distance = 0; distance < 600; ++distance) {
    CHECK(log_bucket(-distance, 256, 512) == -log_bucket(distance, 256, 512));
  }
}

}  // namespace dragoman::test
