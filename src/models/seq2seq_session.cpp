// Encoding in bounded batches, decoding over a tree of cache entries.
#include "models/seq2seq_session.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "kernels/rows.hpp"
#include "models/inputs.hpp"
#include "models/layers.hpp"

namespace dragoman {

namespace {

// Tokens of the sources encoded together, at least one source. Beyond this a layer's matrices are
// reused enough, and a step stays short. Results do not depend on it.
constexpr size_t kBatchTokens = 512;

[[noreturn]] void misuse(const std::string& what) {
  throw Error(ErrorCode::kInternal, what);
}

}  // namespace

TransformerSession::TransformerSession(const Seq2SeqParts& parts)
    : parts_(parts),
      source_table_(parts.source_table()),
      target_table_(parts.target_table()),
      rows_(parts.config.decoder.layers, parts.config.decoder_width()),
      scratch_(static_cast<size_t>(parts.config.hidden_size)) {}

int32_t TransformerSession::add_source(std::span<const int32_t> ids) {
  check_length(ids.size(), parts_.config.max_positions);
  check_ids(ids, source_table_.count(), "source token id");
  const auto is_free = [](const Source& source) { return source.state == SourceState::kFree; };
  // A released place is used again, so handles stay small however long the job runs.
  auto place = std::find_if(sources_.begin(), sources_.end(), is_free);
  if (place == sources_.end()) place = sources_.insert(place, Source{});
  place->ids.assign(ids.begin(), ids.end());
  place->length = static_cast<int>(ids.size());
  const auto handle = static_cast<int32_t>(place - sources_.begin());
  queue_.push_back(handle);
  place->state = SourceState::kQueued;
  return handle;
}

bool TransformerSession::encode_step(const Context& context) {
  if (batch_.sources.empty()) {
    begin_batch();
    if (batch_.sources.empty()) return false;
    embed_sources(context);
  }
  // After the encoder, the keys and values every decoder layer will want: work of similar size.
  const int encoder_layers = parts_.config.encoder.layers;
  if (batch_.next_step < encoder_layers) {
    const EncoderLayer& layer = parts_.encoder[static_cast<size_t>(batch_.next_step)];
    const AttentionInput input{.offsets = batch_.offsets, .terms = {.bias = source_bias()}};
    run_layer(context, layer, parts_.config.norm_place, input, batch_hidden());
    if (batch_.next_step + 1 == encoder_layers && parts_.encoder_norm) {
      parts_.encoder_norm->forward(context, batch_hidden(), batch_hidden());
    }
  } else {
    project_sources(context, batch_.next_step - encoder_layers);
  }
  if (++batch_.next_step == encoder_layers + parts_.config.decoder.layers) end_batch();
  return !batch_.sources.empty() || !queue_.empty();
}

void TransformerSession::begin_batch() {
  batch_.next_step = 0;
  batch_.offsets = {0};
  size_t tokens = 0;
  while (!queue_.empty()) {
    Source& source = sources_[static_cast<size_t>(queue_.front())];
    // The first is taken whatever its length, or it would wait for ever.
    if (tokens > 0 && tokens + source.ids.size() > kBatchTokens) return;
    tokens += source.ids.size();
    source.state = SourceState::kEncoding;
    batch_.sources.push_back(queue_.front());
    batch_.offsets.push_back(static_cast<int>(tokens));
    queue_.pop_front();
  }
}

View<float> TransformerSession::batch_hidden() {
  return {batch_.storage.data(), batch_.offsets.back(), parts_.config.hidden_size};
}

void TransformerSession::embed_sources(const Context& context) {
  const auto rows = static_cast<size_t>(batch_.offsets.back());
  batch_.storage.resize(rows * static_cast<size_t>(parts_.config.hidden_size));
  const View<float> hidden = batch_hidden();
  for (size_t i = 0; i < batch_.sources.size(); ++i) {
    const Source& source = sources_[static_cast<size_t>(batch_.sources[i])];
    for (int position = 0; position < source.length; ++position) {
      const std::span<float> out = hidden.row_span(batch_.offsets[i] + position);
      source_table_.row(source.ids[static_cast<size_t>(position)], out);
      parts_.add_position(parts_.source_positions, position, scratch_, out);
    }
  }
  if (parts_.source_norm) parts_.source_norm->forward(context, hidden, hidden);
  fill_source_bias();
}

// Biases of all distances in the batch, the same for all layers.
void TransformerSession::fill_source_bias() {
  if (!parts_.source_bias) return;
  int longest = 0;
  for (size_t i = 0; i + 1 < batch_.offsets.size(); ++i) {
    longest = std::max(longest, batch_.offsets[i + 1] - batch_.offsets[i]);
  }
  const int heads = parts_.config.encoder.heads;
  const int columns = 2 * longest - 1;
  batch_.bias.resize(static_cast<size_t>(heads) * static_cast<size_t>(columns));
  parts_.source_bias->fill({batch_.bias.data(), heads, columns});
}

View<const float> TransformerSession::source_bias() const {
  if (batch_.bias.empty()) return {};
  const int heads = parts_.config.encoder.heads;
  return {batch_.bias.data(), heads, static_cast<int>(batch_.bias.size()) / heads};
}

// Grows with the longest history, in steps: rows of a step see distances up to it.
View<const float> TransformerSession::target_bias(
    std::span<const std::span<const int32_t>> histories) {
  if (!parts_.target_bias) return {};
  size_t longest = 1;
  for (const auto& history : histories) longest = std::max(longest, history.size());
  const int heads = parts_.config.decoder.heads;
  if (longest > bias_reach_) {
    bias_reach_ = 2 * longest;
    const int columns = 2 * static_cast<int>(bias_reach_) + 1;
    bias_.resize(static_cast<size_t>(heads) * static_cast<size_t>(columns));
    parts_.target_bias->fill({bias_.data(), heads, columns});
  }
  return {bias_.data(), heads, 2 * static_cast<int>(bias_reach_) + 1};
}

// Keys and values of all sources for one decoder layer in one product, then to each its own.
void TransformerSession::project_sources(const Context& context, int layer) {
  const ArenaScope scope(context.arena);
  const View<float> hidden = batch_hidden();
  const int width = 2 * parts_.config.decoder_width();
  const auto count = static_cast<size_t>(hidden.rows) * static_cast<size_t>(width);
  const View<float> all(context.arena.take<float>(count).data(), hidden.rows, width);
  parts_.decoder[static_cast<size_t>(layer)].cross.project(context, hidden, all);
  for (size_t i = 0; i < batch_.sources.size(); ++i) {
    Source& source = sources_[static_cast<size_t>(batch_.sources[i])];
    if (source.state != SourceState::kEncoding) continue;  // released meanwhile
    const float* first = all.row(batch_.offsets[i]);
    source.keys_values.emplace_back(first, first + static_cast<ptrdiff_t>(source.length) * width);
  }
}

void TransformerSession::end_batch() {
  for (const int32_t handle : batch_.sources) {
    Source& source = sources_[static_cast<size_t>(handle)];
    if (source.state != SourceState::kEncoding) continue;  // released meanwhile
    source.state = SourceState::kReady;
    source.ids = {};
  }
  batch_ = {};  // gives the activations back: decoding needs none of them
}

View<float> TransformerSession::decode(const Context& context, std::span<const DecodeRow> rows) {
  check_rows(rows);  // before anything changes
  const int row_count = static_cast<int>(rows.size());
  const int vocabulary = parts_.output.outputs();
  // Taken ahead of the scope below: the caller reads them when the scratch is gone.
  const auto logit_count = rows.size() * static_cast<size_t>(vocabulary);
  const View<float> logits(context.arena.take<float>(logit_count).data(), row_count, vocabulary);
  rows_.advance(rows, no_roots_);
  if (rows.empty()) return logits;

  const ArenaScope scope(context.arena);
  const int width = parts_.config.hidden_size;
  const auto hidden_count = rows.size() * static_cast<size_t>(width);
  const View<float> hidden(context.arena.take<float>(hidden_count).data(), row_count, width);
  embed_rows(rows, hidden);
  if (parts_.target_norm) parts_.target_norm->forward(context, hidden, hidden);
  const auto histories = rows_.histories(context);
  const View<const float> bias = target_bias(histories);
  for (int layer = 0; layer < parts_.config.decoder.layers; ++layer) {
    list_sources(layer, rows);
    const DecoderStep step{
        .histories = histories, .sources = items_, .cache = rows_.cache(), .bias = bias};
    run_layer(context, parts_.decoder[static_cast<size_t>(layer)], layer, parts_.config.norm_place,
              step, hidden);
  }
  if (parts_.decoder_norm) parts_.decoder_norm->forward(context, hidden, hidden);
  if (parts_.config.output_scale != 1.0F) {
    for (int row = 0; row < row_count; ++row) {
      scale(hidden.row_span(row), parts_.config.output_scale, hidden.row_span(row));
    }
  }
  parts_.output.forward(context, hidden, {}, logits);
  return logits;
}

// Tokens may come from outside; handles and parents only from a defect of the caller, which must
// still not reach into memory.
void TransformerSession::check_rows(std::span<const DecodeRow> rows) {
  for (const DecodeRow& row : rows) {
    if (row.source < 0 || static_cast<size_t>(row.source) >= sources_.size() ||
        sources_[static_cast<size_t>(row.source)].state != SourceState::kReady) {
      misuse("A row names source " + std::to_string(row.source) + ", which is not encoded.");
    }
    check_ids({&row.token, 1}, target_table_.count(), "target token id");
  }
  no_roots_.resize(std::max(no_roots_.size(), rows.size()), -1);
  rows_.check(rows, no_roots_, parts_.config.max_positions);
}

void TransformerSession::embed_rows(std::span<const DecodeRow> rows, View<float> hidden) {
  for (int i = 0; i < hidden.rows; ++i) {
    const auto index = static_cast<size_t>(i);
    target_table_.row(rows[index].token, hidden.row_span(i));
    // A token's position is the number of tokens before it in its own history.
    parts_.add_position(parts_.target_positions, rows_.position(index), scratch_,
                        hidden.row_span(i));
  }
}

// Neighbouring rows of one source ask together: its keys are read once for all its beams. Tokens
// that were guessed ask alone, so that they get the same to the last bit as one at a time.
void TransformerSession::list_sources(int layer, std::span<const DecodeRow> rows) {
  items_.clear();
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (i > 0 && rows_.source(i) == rows_.source(i - 1) && !rows[i].chained) {
      ++items_.back().rows;
      continue;
    }
    const Source& source = sources_[static_cast<size_t>(rows_.source(i))];
    const std::vector<float>& stored = source.keys_values[static_cast<size_t>(layer)];
    const View<const float> view(stored.data(), source.length, 2 * parts_.config.decoder_width());
    items_.push_back({.first_row = static_cast<int>(i), .rows = 1, .keys_values = view});
  }
}

void TransformerSession::release(int32_t source) {
  if (source < 0 || static_cast<size_t>(source) >= sources_.size() ||
      sources_[static_cast<size_t>(source)].state == SourceState::kFree) {
    misuse("Source " + std::to_string(source) + " is released but was not added.");
  }
  rows_.drop(source);
  // A source amid encoding goes through to the end of its batch, for nobody; its rows cannot be
  // taken out of the middle.
  std::erase(queue_, source);
  sources_[static_cast<size_t>(source)] = {};
}

size_t TransformerSession::cache_bytes() const {
  size_t total = rows_.cache().bytes() + batch_.storage.capacity() * sizeof(float);
  for (const Source& source : sources_) {
    for (const auto& layer : source.keys_values) total += layer.size() * sizeof(float);
  }
  return total;
}

}  // namespace dragoman
