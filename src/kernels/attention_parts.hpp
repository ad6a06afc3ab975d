// How attention is shared among threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/context.hpp"
#include "kernels/packing.hpp"

namespace dragoman {

// Multiplications, keys and values together, with all that attention does besides.
inline constexpr double kAttentionMacsPerMicrosecond = 10'000.0;

// Runs body(item, part, scratch) for every pair, a part being a head or some, on the pool where
// there is enough to do.
// @param scratch_floats  what one pair needs   @param macs  multiplications in all
template <typename Body>
void for_each_part(const Context& context, int items, int parts, size_t scratch_floats,
                   int64_t macs, const Body& body) {
  const double microseconds = static_cast<double>(macs) / kAttentionMacsPerMicrosecond;
  const int participants = context.pool.pays(microseconds) ? context.pool.participants() : 1;
  // Whole cache lines apart, so that participants do not write to one another's.
  const size_t stride = (scratch_floats + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
  float* scratch = context.arena.take<float>(stride * static_cast<size_t>(participants)).data();
  const auto tile = [&](int index, int participant) {
    body(index / parts, index % parts, scratch + stride * static_cast<size_t>(participant));
  };
  // Decided once: asked again, the pool may say otherwise, and scratch is for so many only.
  if (participants > 1) {
    context.pool.run(items * parts, tile);
  } else {
    for (int index = 0; index < items * parts; ++index) tile(index, 0);
  }
  context.pool.did(macs);
}

}  // namespace dragoman
