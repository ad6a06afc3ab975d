// Prompts in bounded batches, then one token for every row.
#include "models/causal_session.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "kernels/rows.hpp"
#include "models/inputs.hpp"
#include "models/layers.hpp"

namespace dragoman {

namespace {

// Tokens taken in together: enough for full use of a layer's matrices, and a step stays short.
constexpr size_t kBatchTokens = 256;

[[noreturn]] void misuse(const std::string& what) {
  throw Error(ErrorCode::kInternal, what);
}

}  // namespace

CausalSession::CausalSession(const CausalParts& parts)
    : parts_(parts),
      table_(parts.word_table()),
      rows_(parts.config.decoder.layers, parts.config.decoder_width(),
            parts.config.int8_cache ? parts.config.decoder_head_dim() : 0),
      scratch_(static_cast<size_t>(parts.config.hidden_size)) {}

int32_t CausalSession::add_source(std::span<const int32_t> ids) {
  check_length(ids.size(), parts_.config.max_positions);
  check_ids(ids, table_.count(), "token id");
  const auto is_free = [](const Source& source) { return source.state == SourceState::kFree; };
  auto place = std::find_if(sources_.begin(), sources_.end(), is_free);
  if (place == sources_.end()) place = sources_.insert(place, Source{});
  place->ids.assign(ids.begin(), ids.end() - 1);
  const auto handle = static_cast<int32_t>(place - sources_.begin());
  take_kept(*place);
  const bool ready = place->taken == place->ids.size();
  place->state = ready ? SourceState::kReady : SourceState::kQueued;
  if (!ready) queue_.push_back(handle);
  return handle;
}

// The next prompt of a chat begins with all that was said. What is kept serves once: whoever takes
// it over is kept in its turn.
void CausalSession::take_kept(Source& source) {
  if (kept_entry_ < 0) return;
  const auto [own, kept] =
      std::mismatch(source.ids.begin(), source.ids.end(), kept_ids_.begin(), kept_ids_.end());
  source.taken = static_cast<size_t>(own - source.ids.begin());
  if (source.taken > 0) {
    source.entry = rows_.cache().ancestor(kept_entry_, static_cast<int>(source.taken));
    rows_.cache().hold(source.entry);
  }
  rows_.cache().drop(kept_entry_);
  kept_entry_ = -1;
}

void CausalSession::keep(int32_t source, std::span<const int32_t> ids) {
  const int32_t entry = rows_.only_entry(source);
  if (entry < 0) return;
  rows_.cache().hold(entry);
  rows_.cache().drop(kept_entry_);
  kept_entry_ = entry;
  const auto length = static_cast<size_t>(rows_.cache().length(entry));
  kept_ids_.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(length));
}

bool CausalSession::encode_step(const Context& context) {
  if (batch_.sources.empty()) {
    begin_batch();
    if (batch_.sources.empty()) return false;
    embed_batch();
  }
  const ArenaScope scope(context.arena);
  const View<float> hidden(batch_.storage.data(), batch_.offsets.back(), parts_.config.hidden_size);
  const auto histories = context.arena.take<std::span<const int32_t>>(batch_.histories.size());
  size_t longest = 0;
  for (size_t i = 0; i < histories.size(); ++i) {
    histories[i] = batch_.histories[i];
    longest = std::max(longest, histories[i].size());
  }
  const PrefillInput input{.offsets = batch_.offsets,
                           .histories = histories,
                           .cache = rows_.cache(),
                           .layer = batch_.next_layer,
                           .rotary = rotary_up_to(static_cast<int>(longest)),
                           .window = parts_.config.attention.window};
  const EncoderLayer& layer = parts_.layers[static_cast<size_t>(batch_.next_layer)];
  run_layer(context, layer, parts_.config.norm_place, input, hidden);
  if (++batch_.next_layer == parts_.config.decoder.layers) end_batch();
  return !batch_.sources.empty() || !queue_.empty();
}

// A long prompt comes in several batches, each of which sees what the ones before left.
void CausalSession::begin_batch() {
  batch_.next_layer = 0;
  batch_.offsets = {0};
  size_t tokens = 0;
  for (const int32_t handle : queue_) {
    Source& source = sources_[static_cast<size_t>(handle)];
    const size_t rest = source.ids.size() - source.taken;
    if (tokens > 0 && tokens + rest > kBatchTokens) return;
    const size_t count = std::min(rest, kBatchTokens);
    for (size_t i = 0; i < count; ++i) {
      const int32_t entry = rows_.cache().extend(source.entry);
      rows_.cache().drop(source.entry);  // held by the new entry from here on
      source.entry = entry;
    }
    source.taken += count;
    tokens += count;
    batch_.sources.push_back(handle);
    batch_.offsets.push_back(static_cast<int>(tokens));
    batch_.histories.emplace_back(source.taken);
    rows_.cache().history(source.entry, batch_.histories.back());
  }
}

void CausalSession::embed_batch() {
  const int width = parts_.config.hidden_size;
  const int rows = batch_.offsets.back();
  batch_.storage.resize(static_cast<size_t>(rows) * static_cast<size_t>(width));
  const View<float> hidden(batch_.storage.data(), rows, width);
  for (size_t i = 0; i < batch_.sources.size(); ++i) {
    const Source& source = sources_[static_cast<size_t>(batch_.sources[i])];
    const int count = batch_.offsets[i + 1] - batch_.offsets[i];
    const int first = static_cast<int>(source.taken) - count;
    for (int j = 0; j < count; ++j) {
      embed(source.ids[static_cast<size_t>(first + j)], first + j,
            hidden.row_span(batch_.offsets[i] + j));
    }
  }
}

void CausalSession::end_batch() {
  for (const int32_t handle : batch_.sources) {
    Source& source = sources_[static_cast<size_t>(handle)];
    if (source.state != SourceState::kQueued || source.taken < source.ids.size()) continue;
    source.state = SourceState::kReady;
    source.ids = {};
    std::erase(queue_, handle);
  }
  batch_ = {};
}

void CausalSession::embed(int32_t token, int position, std::span<float> out) {
  table_.row(token, out);
  if (!parts_.positions) return;
  parts_.positions->row(position, scratch_);
  add(scratch_, out);
}

// Models allow far more positions than most texts have, so the table grows with its use.
const Rotary* CausalSession::rotary_up_to(int positions) {
  const AttentionPositions& attention = parts_.config.attention;
  if (attention.rotary_theta == 0.0F) return nullptr;
  if (!rotary_ || rotary_->positions() < positions) {
    const int wanted = std::min(std::max(64, 2 * positions), parts_.config.max_positions + 1);
    const TransformerConfig& config = parts_.config;
    const int dim = config.decoder_head_dim();
    const std::span<const float> divisors =
        parts_.rotary_divisors ? parts_.rotary_divisors->values() : std::span<const float>();
    rotary_.emplace(wanted, dim, attention.rotary_theta, attention.rotary_scaling, divisors);
  }
  return &*rotary_;
}

// Lists the roots of the rows on the way: entries of their prompts' last tokens.
void CausalSession::check_rows(std::span<const DecodeRow> rows) {
  roots_.clear();
  for (const DecodeRow& row : rows) {
    if (row.source < 0 || static_cast<size_t>(row.source) >= sources_.size() ||
        sources_[static_cast<size_t>(row.source)].state != SourceState::kReady) {
      misuse("A row names prompt " + std::to_string(row.source) + ", which is not taken in.");
    }
    check_ids({&row.token, 1}, table_.count(), "token id");
    roots_.push_back(sources_[static_cast<size_t>(row.source)].entry);
  }
  rows_.check(rows, roots_, parts_.config.max_positions);
}

View<float> CausalSession::decode(const Context& context, std::span<const DecodeRow> rows) {
  check_rows(rows);  // before anything changes
  const int row_count = static_cast<int>(rows.size());
  const int vocabulary = parts_.output.outputs();
  // Taken ahead of the scope below: the caller reads them when the scratch is gone.
  const auto logit_count = rows.size() * static_cast<size_t>(vocabulary);
  const View<float> logits(context.arena.take<float>(logit_count).data(), row_count, vocabulary);
  rows_.advance(rows, roots_);
  if (rows.empty()) return logits;

  const ArenaScope scope(context.arena);
  const int width = parts_.config.hidden_size;
  const auto count = rows.size() * static_cast<size_t>(width);
  const View<float> hidden(context.arena.take<float>(count).data(), row_count, width);
  int longest = 0;
  for (int i = 0; i < row_count; ++i) {
    const int position = rows_.position(static_cast<size_t>(i));
    embed(rows[static_cast<size_t>(i)].token, position, hidden.row_span(i));
    longest = std::max(longest, position + 1);
  }
  CachedAttentionInput input{.histories = rows_.histories(context),
                             .cache = rows_.cache(),
                             .rotary = rotary_up_to(longest),
                             .window = parts_.config.attention.window};
  for (input.layer = 0; input.layer < parts_.config.decoder.layers; ++input.layer) {
    const EncoderLayer& layer = parts_.layers[static_cast<size_t>(input.layer)];
    run_layer(context, layer, parts_.config.norm_place, input, hidden);
  }
  parts_.norm.forward(context, hidden, hidden);
  parts_.output.forward(context, hidden, {}, logits);
  return logits;
}

void CausalSession::release(int32_t source) {
  if (source < 0 || static_cast<size_t>(source) >= sources_.size() ||
      sources_[static_cast<size_t>(source)].state == SourceState::kFree) {
    misuse("Prompt " + std::to_string(source) + " is released but was not added.");
  }
  rows_.drop(source);
  Source& released = sources_[static_cast<size_t>(source)];
  // What passes through the layers now goes on; its entries are free for others after that.
  const bool running =
      std::find(batch_.sources.begin(), batch_.sources.end(), source) != batch_.sources.end();
  if (running) {
    released.ids.resize(released.taken);
    return;
  }
  rows_.cache().drop(released.entry);
  std::erase(queue_, source);
  released = {};
}

size_t CausalSession::cache_bytes() const {
  return rows_.cache().bytes() + batch_.storage.capacity() * sizeof(float);
}

}  // namespace dragoman
