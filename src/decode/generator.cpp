// The schedule: who is encoded, who is decoded, who waits.
//
// Sources are admitted in the order they came, several at a time so that the encoder works on
// full batches, and the places of finished ones are filled again while others go on.
#include "decode/generator.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dragoman {

namespace {

SearchSetup make_setup(const Seq2SeqModel& model, const GenerationConfig& config,
                       const std::optional<StopStrings>& stops) {
  const int vocab_size = model.config().decoder_vocab_size;
  check_generation_config(config, vocab_size);
  return {config, vocab_size, 1, stops ? &*stops : nullptr};
}

std::optional<StopStrings> make_stops(const GenerationConfig& config, const Tokenizer* tokenizer) {
  if (config.stop_strings.empty()) return std::nullopt;
  if (tokenizer == nullptr) {
    throw Error(ErrorCode::kInternal, "Stop strings are asked for without a tokenizer.");
  }
  return StopStrings(config.stop_strings, pieces_of(*tokenizer));
}

// A decoder alone starts from its prompt.
int32_t start_token(const Seq2SeqModel& model, const GenerationConfig& config) {
  if (model.continues_source()) return -1;
  if (config.decoder_start_token_id) return *config.decoder_start_token_id;
  if (config.bos_token_id) return *config.bos_token_id;
  throw Error(ErrorCode::kInvalidArgument,
              "The option \"decoder_start_token_id\" is not set; the decoder needs a token to "
              "start from.");
}

}  // namespace

struct Seq2SeqGenerator::Impl {
  /// Settings of searches that begin with so many tokens.
  struct Rules {
    Rules(const SearchSetup& given, int prompt_length)
        : setup{given.config, given.vocab_size, prompt_length, given.stops},
          processors(setup.config, setup.vocab_size, prompt_length) {}
    /// Of a prompt that `most` tokens leave room for.
    Rules(const SearchSetup& given, int prompt_length, int most)
        : Rules({limited(given.config, prompt_length, most), given.vocab_size, prompt_length,
                 given.stops},
                prompt_length) {}
    static GenerationConfig limited(GenerationConfig config, int prompt_length, int most) {
      config.max_length = std::min(config.length_limit(prompt_length), most);
      config.max_new_tokens.reset();
      return config;
    }
    SearchSetup setup;
    LogitsProcessors processors;
  };
  struct Item {
    std::vector<int32_t> source_ids;
    std::unique_ptr<Rules> rules;  // of its own prompt, where it has one
    int32_t handle = -1;           // in the session, while running
    int first_row = 0;             // of the last decoding step
    std::unique_ptr<Search> search;
    std::vector<GeneratedSequence> results;
    bool finished = false;
  };

  Impl(const Seq2SeqModel& seq2seq, const GenerationConfig& config, const GeneratorLimits& limits,
       std::unique_ptr<Seq2SeqSession> given, const Tokenizer* tokenizer);

  const Item& item(int index) const;
  /// Rows of a source at most: beams, samples, or a token and guesses at those after it.
  size_t rows_each() const {
    const GenerationConfig& config = setup.config;
    return static_cast<size_t>(std::max({config.num_beams, config.num_return_sequences,
                                         1 + config.prompt_lookup_num_tokens.value_or(0)}));
  }
  void stop();
  bool admit();
  void enter(Item& entering);
  bool has_room(const Item& next) const;
  void decode(const Context& context);
  void gather_rows();
  template <typename Act>
  void each_running(View<float> logits, std::span<RowNorm> norms, const Act& act);
  void retire();

  const Seq2SeqModel& model;
  std::optional<StopStrings> stops;
  SearchSetup setup;
  Rules rules;  // of outputs that begin with the start token
  NormalisingPasses passes;
  int32_t start;
  size_t max_rows;
  size_t max_source_tokens;
  size_t max_cache_bytes;
  bool keep_last;

  std::unique_ptr<Seq2SeqSession> session;
  std::vector<std::unique_ptr<Item>> items;  // searches keep views of source_ids
  std::vector<Item*> running;                // in order of admission
  size_t admitted = 0;                       // items before this one have entered
  size_t source_tokens = 0;                  // of the running
  bool encoding = false;
  std::optional<double> began;  // the time that was told first
  bool out_of_time = false;
  std::vector<DecodeRow> rows;  // scratch of a step
};

Seq2SeqGenerator::Impl::Impl(const Seq2SeqModel& seq2seq, const GenerationConfig& config,
                             const GeneratorLimits& limits, std::unique_ptr<Seq2SeqSession> given,
                             const Tokenizer* tokenizer)
    : model(seq2seq),
      stops(make_stops(config, tokenizer)),
      setup(make_setup(seq2seq, config, stops)),
      rules(setup, setup.prompt_length),
      passes(passes_of(config)),
      start(start_token(seq2seq, config)),
      max_cache_bytes(limits.cache_bytes),
      keep_last(limits.keep_last),
      session(given ? std::move(given) : seq2seq.start_session()) {
  const TransformerConfig& shape = seq2seq.config();
  const size_t row_bytes = static_cast<size_t>(setup.vocab_size) * sizeof(float);
  max_rows = std::min(static_cast<size_t>(limits.rows), limits.logit_bytes / row_bytes);
  // Keys and values of every decoder layer.
  const size_t token_bytes = static_cast<size_t>(std::max(1, shape.decoder.layers)) * 2 *
                             static_cast<size_t>(shape.hidden_size) * sizeof(float);
  max_source_tokens = limits.source_bytes / token_bytes;
}

const Seq2SeqGenerator::Impl::Item& Seq2SeqGenerator::Impl::item(int index) const {
  if (index < 0 || static_cast<size_t>(index) >= items.size()) {
    throw Error(ErrorCode::kInternal, "There is no source " + std::to_string(index) + " among " +
                                          std::to_string(items.size()) + ".");
  }
  return *items[static_cast<size_t>(index)];
}

// The first of the running is always admitted, however large.
// Places are counted for all beams from the start, although the first step needs one row only.
bool Seq2SeqGenerator::Impl::has_room(const Item& next) const {
  if (running.empty()) return true;
  return (running.size() + 1) * rows_each() <= max_rows &&
         source_tokens + next.source_ids.size() <= max_source_tokens;
}

// Waits until a quarter of the places is free: the encoder is quickest with many tokens at once.
bool Seq2SeqGenerator::Impl::admit() {
  const bool crowded = (running.size() * rows_each() > max_rows - max_rows / 4) ||
                       source_tokens > max_source_tokens - max_source_tokens / 4 ||
                       session->cache_bytes() > max_cache_bytes;
  if (!running.empty() && crowded) return false;
  bool any = false;
  while (admitted < items.size() && has_room(*items[admitted])) {
    enter(*items[admitted]);
    ++admitted;
    any = true;
  }
  return any;
}

void Seq2SeqGenerator::Impl::enter(Item& entering) {
  entering.handle = session->add_source(entering.source_ids);
  const std::span<const int32_t> source = entering.source_ids;
  if (model.continues_source()) {
    // The last token is generated, never read: there may be one more than there are positions.
    entering.rules = std::make_unique<Rules>(setup, static_cast<int>(source.size()),
                                             model.config().max_positions + 1);
    entering.search =
        make_search(entering.rules->setup, entering.rules->processors, source, source, admitted);
  } else {
    entering.search = make_search(rules.setup, rules.processors, {&start, 1}, source, admitted);
  }
  source_tokens += entering.source_ids.size();
  running.push_back(&entering);
}

// Searches count their rows from 0; in the session the rows of all follow one another. Parents are
// rows of the step before, so the place of that step is needed until its successor is made.
void Seq2SeqGenerator::Impl::gather_rows() {
  rows.clear();
  for (Item* member : running) {
    const auto first = static_cast<int>(rows.size());
    for (const SearchRow& row : member->search->rows()) {
      const int32_t parent = row.parent < 0 ? -1 : member->first_row + row.parent;
      rows.push_back({member->handle, parent, row.token, row.chained});
    }
    member->first_row = first;
  }
}

template <typename Act>
void Seq2SeqGenerator::Impl::each_running(View<float> logits, std::span<RowNorm> norms,
                                          const Act& act) {
  for (Item* member : running) {
    const size_t count = member->search->rows().size();
    const auto first = static_cast<size_t>(member->first_row);
    act(*member->search, logits.block(member->first_row, static_cast<int>(count)),
        norms.empty() ? norms : norms.subspan(first, count));
  }
}

// The passes over all rows run on the pool; between them each search works on its own rows.
void Seq2SeqGenerator::Impl::decode(const Context& context) {
  const ArenaScope scope(context.arena);
  gather_rows();
  const View<float> logits = session->decode(context, rows);
  const std::span<RowNorm> norms = context.arena.take<RowNorm>(rows.size());
  const std::span<RowNorm> early = passes.before ? norms : std::span<RowNorm>();
  measure_logits(context, logits, early);
  each_running(logits, early, [&](Search& search, View<float> block, std::span<RowNorm> part) {
    search.process(context, block, part);
  });
  if (passes.after) measure_scores(context, logits, norms);
  each_running(logits, norms, [](Search& search, View<float> block, std::span<RowNorm> part) {
    search.advance({block, part});
  });
  retire();
}

// Releases at once: the caches of a finished source are room for the next.
void Seq2SeqGenerator::Impl::retire() {
  std::erase_if(running, [&](Item* member) {
    if (!member->search->finished()) return false;
    member->results = member->search->results();
    member->finished = true;
    member->search.reset();
    member->rules.reset();
    if (keep_last && rows_each() == 1) session->keep(member->handle, member->results.front().ids);
    session->release(member->handle);
    source_tokens -= member->source_ids.size();
    member->source_ids = {};
    return true;
  });
}

// Those that have a token already end with what they have; Python, too, generates one at least.
void Seq2SeqGenerator::Impl::stop() {
  for (Item* member : running) {
    if (member->search->rows().front().parent >= 0) member->search->stop();
  }
  retire();
  for (; admitted < items.size(); ++admitted) {
    Item& waiting = *items[admitted];
    std::vector<int32_t> ids = {start};
    if (model.continues_source()) ids.swap(waiting.source_ids);
    const auto count = static_cast<size_t>(setup.config.num_return_sequences);
    waiting.results.assign(count, {std::move(ids), 0.0F, Ending::kTime});
    waiting.finished = true;
  }
}

Seq2SeqGenerator::Seq2SeqGenerator(const Seq2SeqModel& model, const GenerationConfig& config,
                                   const GeneratorLimits& limits,
                                   std::unique_ptr<Seq2SeqSession> session,
                                   const Tokenizer* tokenizer)
    : impl_(std::make_unique<Impl>(model, config, limits, std::move(session), tokenizer)) {}

Seq2SeqGenerator::~Seq2SeqGenerator() = default;

std::unique_ptr<Seq2SeqSession> Seq2SeqGenerator::take_session() {
  Impl& state = *impl_;
  // Of one that is on its way, its row is there from the first token on. One that is still read
  // goes on in no other place: its session ends with it.
  if (state.encoding) return nullptr;
  for (Impl::Item* member : state.running) {
    if (state.keep_last && state.rows_each() == 1) {
      state.session->keep(member->handle, member->search->best_so_far());
    }
    state.session->release(member->handle);
  }
  state.running.clear();
  return std::move(state.session);
}

int Seq2SeqGenerator::add(std::span<const int32_t> source_ids) {
  // The session would refuse the same, but only when the source enters, and then all would end.
  const TransformerConfig& shape = impl_->model.config();
  if (source_ids.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "A source has no tokens.");
  }
  if (source_ids.size() > static_cast<size_t>(shape.max_positions)) {
    throw Error(ErrorCode::kInputTooLong, "The text has " + std::to_string(source_ids.size()) +
                                              " tokens; the model takes at most " +
                                              std::to_string(shape.max_positions) + ".");
  }
  for (const int32_t id : source_ids) {
    if (id >= 0 && id < shape.vocab_size) continue;
    throw Error(ErrorCode::kInvalidArgument, "The source token id " + std::to_string(id) +
                                                 " lies outside 0 to " +
                                                 std::to_string(shape.vocab_size - 1) + ".");
  }
  const int limit = impl_->setup.config.length_limit(static_cast<int>(source_ids.size()));
  if (impl_->model.continues_source() && static_cast<size_t>(limit) <= source_ids.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The option \"max_length\" is " + std::to_string(limit) +
                    ", but the text alone has " + std::to_string(source_ids.size()) + " tokens.");
  }
  auto item = std::make_unique<Impl::Item>();
  item->source_ids.assign(source_ids.begin(), source_ids.end());
  impl_->items.push_back(std::move(item));
  return static_cast<int>(impl_->items.size()) - 1;
}

void Seq2SeqGenerator::tell_time(double seconds) {
  const std::optional<float> allowed = impl_->setup.config.max_time;
  if (!impl_->began) impl_->began = seconds;
  if (allowed) impl_->out_of_time |= seconds - *impl_->began > static_cast<double>(*allowed);
}

bool Seq2SeqGenerator::step(const Context& context) {
  Impl& state = *impl_;
  if (state.out_of_time) state.stop();
  if (!state.encoding) state.encoding = state.admit();
  if (state.encoding) {
    state.encoding = state.session->encode_step(context);
  } else if (!state.running.empty()) {
    state.decode(context);
  }
  return !state.running.empty() || state.admitted < state.items.size();
}

bool Seq2SeqGenerator::finished(int index) const {
  return impl_->item(index).finished;
}

bool Seq2SeqGenerator::out_of_time() const {
  return impl_->out_of_time;
}

const std::vector<GeneratedSequence>& Seq2SeqGenerator::result(int index) const {
  return impl_->item(index).results;
}

std::vector<int32_t> Seq2SeqGenerator::best_so_far(int index) const {
  const Impl::Item& item = impl_->item(index);
  if (item.finished) return item.results.front().ids;
  if (item.search == nullptr) return {};
  const std::span<const int32_t> best = item.search->best_so_far();
  return {best.begin(), best.end()};
}

size_t Seq2SeqGenerator::settled(int index) const {
  const Impl::Item& item = impl_->item(index);
  if (item.finished) return item.results.front().ids.size();
  return item.search == nullptr ? 0 : item.search->settled();
}

size_t Seq2SeqGenerator::cache_bytes() const {
  return impl_->session->cache_bytes();
}

}  // namespace dragoman
