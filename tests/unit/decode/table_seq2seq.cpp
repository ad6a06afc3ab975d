// The session of the table's encoder-decoder.
#include "unit/decode/table_seq2seq.hpp"

#include <algorithm>
#include <stdexcept>

namespace dragoman::test {

namespace {

void demand(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

class TableSession final : public Seq2SeqSession {
 public:
  explicit TableSession(const TableSeq2Seq& model) : model_(model) {}
  ~TableSession() override { model_.counts.live -= sources_.size(); }

  int32_t add_source(std::span<const int32_t> ids) override {
    demand(!ids.empty(), "an empty source");
    const int32_t handle = next_handle_++;
    sources_[handle] = {{ids.begin(), ids.end()}, false};
    model_.counts.most_sources = std::max(model_.counts.most_sources, sources_.size());
    ++model_.counts.live;
    return handle;
  }

  bool encode_step(const Context&) override {
    if (steps_left_ == 0) {
      steps_left_ = model_.encode_steps;
      ++model_.counts.batches;
    }
    if (--steps_left_ > 0) return true;
    for (auto& [handle, source] : sources_) source.encoded = true;
    return false;
  }

  View<float> decode(const Context& context, std::span<const DecodeRow> rows) override {
    std::vector<History> next;
    for (const DecodeRow& row : rows) next.push_back(row.chained ? chain(row, next) : extend(row));
    histories_ = next;
    ++model_.counts.decodes;
    model_.counts.most_rows = std::max(model_.counts.most_rows, rows.size());
    const int vocab_size = model_.table.vocab_size();
    const auto count = rows.size() * static_cast<size_t>(vocab_size);
    const View<float> logits(context.arena.take<float>(count).data(), static_cast<int>(rows.size()),
                             vocab_size);
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::span<float> out = logits.row_span(static_cast<int>(i));
      model_.logits(sources_.at(rows[i].source).ids, histories_[i].ids, out);
      out[3] += model_.poison;
    }
    return logits;
  }

  void release(int32_t source) override {
    demand(sources_.erase(source) == 1, "a source released twice");
    --model_.counts.live;
  }

  size_t cache_bytes() const override { return sources_.size() * 1000; }

 private:
  struct Source {
    std::vector<int32_t> ids;
    bool encoded = false;
  };
  struct History {
    int32_t source;
    std::vector<int32_t> ids;
  };

  static History chain(const DecodeRow& row, const std::vector<History>& before) {
    demand(!before.empty() && before.back().source == row.source, "chained to another source");
    History history = before.back();
    history.ids.push_back(row.token);
    return history;
  }

  History extend(const DecodeRow& row) const {
    demand(sources_.contains(row.source) && sources_.at(row.source).encoded, "no such source");
    demand(row.token >= 0 && row.token < model_.table.vocab_size(), "no such token");
    if (row.parent < 0) return {row.source, {row.token}};
    History history = histories_.at(static_cast<size_t>(row.parent));
    demand(history.source == row.source, "a parent of another source");
    history.ids.push_back(row.token);
    return history;
  }

  const TableSeq2Seq& model_;
  std::map<int32_t, Source> sources_;
  std::vector<History> histories_;
  int32_t next_handle_ = 0;
  int steps_left_ = 0;
};

}  // namespace

TableSeq2Seq::TableSeq2Seq(const Table& next_tokens, int max_positions, int steps)
    : table(next_tokens), encode_steps(steps) {
  config_.vocab_size = table.vocab_size();
  config_.decoder_vocab_size = table.vocab_size();
  config_.max_positions = max_positions;
  config_.hidden_size = 8;
  config_.decoder.layers = 2;
}

std::unique_ptr<Seq2SeqSession> TableSeq2Seq::start_session() const {
  return std::make_unique<TableSession>(*this);
}

void TableSeq2Seq::logits(const std::vector<int32_t>& source, const std::vector<int32_t>& ids,
                          std::span<float> out) const {
  table.logits(ids, out);
  const int32_t influence = source[ids.size() % source.size()];
  for (size_t v = 0; v < out.size(); ++v)
    out[v] += table.before.at(static_cast<size_t>(influence))[v];
}

std::vector<GeneratedSequence> TableSeq2Seq::alone(const GenerationConfig& config,
                                                   const std::vector<int32_t>& source) const {
  const SearchSetup setup{config, table.vocab_size(), 1, nullptr};
  LogitsProcessors processors(config, setup.vocab_size, 1);
  const std::vector<int32_t> prompt = {*config.decoder_start_token_id};
  const auto search = make_search(setup, processors, prompt, source);
  TableDecoder decoder(table, config, [&](const std::vector<int32_t>& ids, std::span<float> out) {
    logits(source, ids, out);
  });
  decoder.run(*search, prompt);
  return search->results();
}

}  // namespace dragoman::test
