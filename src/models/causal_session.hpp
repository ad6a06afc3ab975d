// One job over a decoder alone: prompts that are taken in piece by piece, and the caches of their
// continuations.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "models/causal_parts.hpp"
#include "models/hypothesis_rows.hpp"
#include "nn/rotary.hpp"

namespace dragoman {

/// A source is a prompt. Its last token is not taken in ahead: the first row of decode() is it.
class CausalSession final : public Seq2SeqSession {
 public:
  explicit CausalSession(const CausalParts& parts);

  int32_t add_source(std::span<const int32_t> ids) override;
  bool encode_step(const Context& context) override;
  View<float> decode(const Context& context, std::span<const DecodeRow> rows) override;
  void release(int32_t source) override;
  void keep(int32_t source, std::span<const int32_t> ids) override;
  size_t cache_bytes() const override;

 private:
  enum class SourceState { kFree, kQueued, kReady };
  struct Source {
    SourceState state = SourceState::kFree;
    std::vector<int32_t> ids;  // of the prompt, but for its last; until taken in
    size_t taken = 0;          // tokens in the cache
    int32_t entry = -1;        // of the last of them, held by this source
  };
  /// Tokens of several prompts that pass through the layers together.
  struct Batch {
    std::vector<int32_t> sources;
    std::vector<int> offsets;  // first row of each, then the number of rows
    std::vector<std::vector<int32_t>> histories;
    std::vector<float> storage;  // [rows, hidden_size]
    int next_layer = 0;
  };

  void take_kept(Source& source);
  void begin_batch();
  void embed_batch();
  void end_batch();
  void embed(int32_t token, int position, std::span<float> out);
  const Rotary* rotary_up_to(int positions);
  void check_rows(std::span<const DecodeRow> rows);

  const CausalParts& parts_;
  TokenTable table_;
  std::vector<Source> sources_;
  // Of a source that is gone: its tokens, and the entry of the last of them.
  std::vector<int32_t> kept_ids_;
  int32_t kept_entry_ = -1;
  std::deque<int32_t> queue_;
  Batch batch_;
  HypothesisRows rows_;
  std::optional<Rotary> rotary_;  // as far as it was needed
  // Scratch of a step, kept so that steps do not allocate.
  std::vector<int32_t> roots_;
  std::vector<float> scratch_;  // [hidden_size]
};

}  // namespace dragoman
