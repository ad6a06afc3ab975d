// One job over an encoder-decoder: encoded sources, the caches of their hypotheses, and the rows
// of the last decoding step.
#pragma once

#include <deque>
#include <vector>

#include "models/parts.hpp"
#include "models/seq2seq.hpp"
#include "nn/kv_cache.hpp"

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
    std::vector<std::vector<float>> keys_values;  // per decoder layer: [length, 2 * hidden_size]
  };
  struct LiveRow {
    int32_t source;
    int32_t entry;  // of the cache, held by this row; -1 once dropped
  };
  /// The sources that pass through the encoder together.
  struct EncoderBatch {
    std::vector<int32_t> sources;
    std::vector<int> offsets;    // first row of each, then the number of rows
    std::vector<float> storage;  // [rows, hidden_size]
    int next_step = 0;           // encoder layers, then decoder layers' keys and values
  };

  void begin_batch();
  void embed_sources();
  void project_sources(const Context& context, int layer);
  void end_batch();
  View<float> batch_hidden();

  void check_rows(std::span<const DecodeRow> rows) const;
  void advance(std::span<const DecodeRow> rows);
  void embed_rows(std::span<const DecodeRow> rows, View<float> hidden) const;
  void gather_histories(const Context& context);
  void list_sources(int layer);

  const Seq2SeqParts& parts_;
  TokenTable source_table_;
  TokenTable target_table_;
  std::vector<Source> sources_;
  std::deque<int32_t> queue_;
  EncoderBatch batch_;
  KvCache cache_;
  std::vector<LiveRow> rows_;       // of the last decode()
  std::vector<LiveRow> next_rows_;  // scratch of a step; kept so that steps do not allocate
  std::vector<std::span<const int32_t>> histories_;
  std::vector<CrossAttentionItem> items_;
};

}  // namespace dragoman
