// Scratch memory that is reused, not freed.
#include "base/arena.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>

namespace dragoman {

TEST_CASE("What an arena gives is aligned and apart", "[base][arena]") {
  Arena arena;
  const auto first = arena.take<float>(3);
  const auto second = arena.take<int8_t>(100);
  const auto third = arena.take<double>(1);
  for (const void* place :
       {static_cast<const void*>(first.data()), static_cast<const void*>(second.data()),
        static_cast<const void*>(third.data())}) {
    CHECK(reinterpret_cast<uintptr_t>(place) % Arena::kAlignment == 0);
  }
  first[2] = 1.0F;
  second[99] = 7;
  third[0] = 2.0;
  CHECK(first[2] == 1.0F);
  CHECK(second[99] == 7);
}

TEST_CASE("Released memory is given again", "[base][arena]") {
  Arena arena;
  const auto outer = arena.take<float>(10);
  const float* inner = nullptr;
  {
    const ArenaScope scope(arena);
    inner = arena.take<float>(100).data();
  }
  CHECK(arena.take<float>(100).data() == inner);
  CHECK(inner != outer.data());
}

TEST_CASE("Steps of one size allocate only at first", "[base][arena]") {
  Arena arena;
  const auto step = [&] {
    arena.reset();
    for (int i = 0; i < 50; ++i) arena.take<float>(static_cast<size_t>(1000 * i + 1));
  };
  step();
  const size_t reserved = arena.bytes_reserved();
  for (int i = 0; i < 20; ++i) step();
  CHECK(arena.bytes_reserved() == reserved);
  CHECK(reserved >= 4 * 50 * 49 * 1000 / 2);
}

TEST_CASE("A request larger than any block gets one of its own", "[base][arena]") {
  Arena arena;
  arena.take<float>(1);
  const auto large = arena.take<float>(5'000'000);
  large[4'999'999] = 1.0F;
  CHECK(arena.bytes_reserved() >= 20'000'000);
  arena.shrink();
  CHECK(arena.bytes_reserved() == 0);
  arena.take<float>(4)[3] = 1.0F;
}

TEST_CASE("Nothing is a request too", "[base][arena]") {
  Arena arena;
  CHECK(arena.take<float>(0).empty());
}

}  // namespace dragoman
