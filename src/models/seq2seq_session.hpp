// One job over an encoder-decoder: encoded sources, the caches of their hypotheses, and the rows
// of the last decoding step.
#pragma once

#include <deque>
#include <vector>

#include "models/hypothesis_rows.hpp"
#include "models/parts.hpp"
#include "models/seq2seq.hpp"

namespace dragoman {

class TransformerSession final : public Seq2SeqSession {
 public:
  explicit TransformerSession(const Seq2SeqParts& parts);

  int32_t add_source(std::span<const int32_t> ids) override;
  bool encode_step(const Context& context) override;
  View<float> decode(const Context& context, std::span<const DecodeRow> rows) override;
  void release(int32_t source) override;
  size_t cache_bytes() const override;

 private:
  enum class SourceState { kFree, kQueued, kEncoding, kReady };
  struct Source {
    SourceState state = SourceState::kFree;
    std::vector<int32_t> ids;  // until encoded
    int length = 0;
    std::vector<std::vector<float>> keys_values;  // per decoder layer: [length, 2 * width]
  };
  /// The sources that pass through the encoder together.
  struct EncoderBatch {
    std::vector<int32_t> sources;
    std::vector<int> offsets;    // first row of each, then the number of rows
    std::vector<float> storage;  // [rows, hidden_size]
    std::vector<float> bias;     // [heads, 2 * longest - 1], of distances; or empty
    int next_step = 0;           // encoder layers, then decoder layers' keys and values
  };

  void begin_batch();
  void embed_sources(const Context& context);
  void fill_source_bias();
  View<const float> source_bias() const;
  View<const float> target_bias(std::span<const std::span<const int32_t>> histories);
  void project_sources(const Context& context, int layer);
  void end_batch();
  View<float> batch_hidden();

  void check_rows(std::span<const DecodeRow> rows);
  void embed_rows(std::span<const DecodeRow> rows, View<float> hidden);
  void list_sources(int layer, std::span<const DecodeRow> rows);

  const Seq2SeqParts& parts_;
  TokenTable source_table_;
  TokenTable target_table_;
  std::vector<Source> sources_;
  std::deque<int32_t> queue_;
  EncoderBatch batch_;
  HypothesisRows rows_;  // of the last decode()
  // Scratch of a step, kept so that steps do not allocate.
  std::vector<int32_t> no_roots_;  // -1 for every row: all begin anew
  std::vector<CrossAttentionItem> items_;
  std::vector<float> scratch_;  // [hidden_size]
  std::vector<float> bias_;     // [heads, 2 * bias_reach_ + 1], of distances
  size_t bias_reach_ = 0;
};

}  // namespace dragoman
