// What the attention of one pass knows about distances, made once for all of its layers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/context.hpp"
#include "models/parts.hpp"
#include "nn/rotary.hpp"

namespace dragoman {

class AttentionPlan {
 public:
  /// @param longest  tokens of the longest sequence
  AttentionPlan(const Context& context, const EncoderParts& parts, int longest);
  /// Sets what layer `index` of run_layers() depends on; it points into this.
  void describe(int index, AttentionInput& input) const;

 private:
  void plan_bias(const EncoderParts& parts, int reach);
  void plan_relative(const Context& context, const EncoderParts& parts, int reach);

  const AttentionPositions& config_;
  std::optional<Rotary> rotary_;
  std::optional<Rotary> local_rotary_;
  std::vector<float> bias_;           // [heads, 2 * reach + 1]
  std::vector<float> positions_;      // [positions that occur, hidden_size]
  std::vector<int32_t> position_of_;  // [2 * reach + 1]
  View<float> bias_view_;
  View<float> position_view_;
};

}  // namespace dragoman
