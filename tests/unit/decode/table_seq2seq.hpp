// An encoder-decoder whose logits come from a table and the source, for tests of the schedule.
//
// It refuses whatever a real session may refuse: rows of sources that are not encoded or were
// released, parents of another source, ids it does not have.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "models/seq2seq.hpp"
#include "unit/decode/table_decoder.hpp"

namespace dragoman::test {

class TableSeq2Seq final : public Seq2SeqModel {
 public:
  /// @param encode_steps  calls of encode_step() that a batch of sources takes
  TableSeq2Seq(const Table& table, int max_positions, int encode_steps = 3);
  const TransformerConfig& config() const override { return config_; }
  SlotTable& slots() override { return slots_; }
  void finish() override {}
  size_t packed_bytes() const override { return 0; }
  bool continues_source() const override { return false; }
  std::unique_ptr<Seq2SeqSession> start_session() const override;

  /// The sequence of one source, found by the searches alone, without a schedule.
  std::vector<GeneratedSequence> alone(const GenerationConfig& config,
                                       const std::vector<int32_t>& source) const;

  /// Adds the influence of the source to the logits of the table.
  void logits(const std::vector<int32_t>& source, const std::vector<int32_t>& ids,
              std::span<float> out) const;

  const Table& table;
  const int encode_steps;
  /// What the schedule did, over all sessions.
  struct Counts {
    size_t most_rows = 0;
    size_t most_sources = 0;
    size_t decodes = 0;
    size_t batches = 0;  // of sources encoded together
    size_t live = 0;     // sources that were not released
  };
  mutable Counts counts;
  float poison = 0.0F;  // added to one logit of every row

 private:
  TransformerConfig config_;
  SlotTable slots_;
};

}  // namespace dragoman::test
