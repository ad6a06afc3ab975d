// A request step by step: tokenise, generate, join windows.
#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "tasks/text2text.hpp"

namespace dragoman {

namespace {

// One step tokenises about this much text: a few milliseconds.
constexpr size_t kBytesPerStep = 16384;

// A cache of so much at most is kept between requests; phones have little memory to spare.
constexpr size_t kMostKeptBytes = size_t{128} << 20;

bool keeps(const Text2TextKind& kind, const TextGenerationOptions& options, size_t inputs) {
  const GenerationConfig& generation = options.base.generation;
  return kind.continues && options.reuse_cache && inputs == 1 && generation.num_beams == 1 &&
         generation.num_return_sequences == 1;
}

// Models make up a sentence for an empty one, so blank text is not for them to work on.
bool is_blank(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    if (!is_white_space(next_code_point(text, position))) return false;
  }
  return true;
}

// As Python's fill-mask names a token, its text and its score.
void write_tokens(JsonWriter& writer, const std::vector<GeneratedToken>& tokens) {
  writer.key("tokens");
  writer.begin_array();
  for (const GeneratedToken& token : tokens) {
    writer.begin_object();
    writer.key("token");
    writer.integer(token.id);
    writer.key("token_str");
    writer.string(token.text);
    writer.key("score");
    writer.number(static_cast<double>(token.score));
    writer.end_object();
  }
  writer.end_array();
}

void write_output(JsonWriter& writer, std::string_view text_key, const Output& output) {
  writer.begin_object();
  writer.key(text_key);
  writer.string(output.text);
  writer.key("score");
  writer.number(static_cast<double>(output.score));
  writer.key("token_count");
  writer.integer(output.token_count);
  if (!output.tokens.empty()) write_tokens(writer, output.tokens);
  if (output.truncated) {
    writer.key("truncated");
    writer.boolean(true);
  }
  writer.end_object();
}

void write_outputs(JsonWriter& writer, std::string_view text_key,
                   const std::vector<Output>& ranked) {
  writer.begin_array();
  for (const Output& output : ranked) write_output(writer, text_key, output);
  writer.end_array();
}

std::string name_of(size_t index) {
  return "inputs[" + std::to_string(index) + "]";
}

void add_tokens(const Tokenizer& tokenizer, const GeneratedSequence& sequence,
                std::vector<GeneratedToken>& tokens) {
  if (sequence.token_scores.empty()) return;
  const StopStrings::Piece piece = pieces_of(tokenizer);
  const size_t first = sequence.ids.size() - sequence.token_scores.size();
  for (size_t i = 0; i < sequence.token_scores.size(); ++i) {
    const int32_t id = sequence.ids[first + i];
    tokens.push_back({id, piece(id), sequence.token_scores[i]});
  }
}

// Windows are cut between words, so a space belongs between what comes of them.
void append_window(std::string& text, const std::string& window) {
  if (!text.empty() && !window.empty()) text += ' ';
  text += window;
}

}  // namespace

Text2TextJob::Text2TextJob(const Text2TextKind& kind, const Seq2SeqModel& model,
                           const Tokenizer& tokenizer, const SourceRules& rules,
                           TextGenerationOptions options, std::vector<TextInput> inputs,
                           KeptSession& kept)
    : kind_(kind),
      tokenizer_(tokenizer),
      rules_(rules),
      more_(std::move(options)),
      model_(model),
      kept_(keeps(kind, more_, inputs.size()) ? &kept : nullptr),
      generator_(model, options_.generation, {.keep_last = kept_ != nullptr},
                 kept_ == nullptr ? nullptr : std::move(kept.session), &tokenizer),
      texts_(inputs.size()) {
  for (size_t i = 0; i < inputs.size(); ++i) texts_[i].text = std::move(inputs[i].text);
}

// Also a request that was cancelled leaves what it has: its user goes on from there.
Text2TextJob::~Text2TextJob() {
  if (kept_ == nullptr || !sound_) return;
  std::unique_ptr<Seq2SeqSession> session = generator_.take_session();
  if (session != nullptr && session->cache_bytes() <= kMostKeptBytes) {
    kept_->session = std::move(session);
  }
}

bool Text2TextJob::step(const Context& context) {
  sound_ = false;
  const bool more = work(context);
  sound_ = true;
  return more;
}

bool Text2TextJob::work(const Context& context) {
  // All texts are tokenised before the first is run: one that is too long is refused at once, not
  // after minutes of work on those before it.
  if (tokenized_ < texts_.size()) {
    tokenize_some();
    return finished_ < texts_.size();
  }
  if (finished_ == texts_.size()) return false;
  generator_.step(context);
  collect();
  return finished_ < texts_.size();
}

// Bounded by bytes, not by texts: a thousand short ones are one step, one long one is too.
void Text2TextJob::tokenize_some() {
  size_t bytes = 0;
  while (tokenized_ < texts_.size() && bytes < kBytesPerStep) {
    bytes += texts_[tokenized_].text.size() + 1;
    tokenize(tokenized_);
    ++tokenized_;
  }
}

void Text2TextJob::tokenize(size_t index) {
  Text& text = texts_[index];
  const Windows windows = windows_of(text.text, name_of(index));
  if (windows.ids.empty()) {
    // Nothing to work on: blank text comes back as it is, and a text of which the tokenizer leaves
    // nothing gives an empty one.
    const std::string kept = is_blank(text.text) ? text.text : std::string();
    const auto count = static_cast<size_t>(options_.generation.num_return_sequences);
    text.results.assign(count, Output{kept});
    ++finished_;
    return;
  }
  for (const std::vector<int32_t>& ids : windows.ids) {
    text.sources.push_back(generator_.add(ids));
  }
  if (kind_.continues) {
    const std::vector<int32_t>& prompt = windows.ids.front();
    text.given_tokens = prompt.size();
    text.decoding = {true, prompt_letters(tokenizer_, prompt, true)};
  }
  text.truncated = windows.truncated;
  text.text = std::string();
  running_.push_back(index);
}

Windows Text2TextJob::windows_of(const std::string& text, const std::string& name) const {
  if (kind_.continues) return whole_prompt(text, name);
  if (!kind_.windows) return whole_source(text, name);
  if (is_blank(text)) return {};
  return split_windows(tokenizer_, {rules_.prefix, text, rules_.language}, rules_.limit,
                       options_.truncation, name);
}

Windows Text2TextJob::whole_source(const std::string& text, const std::string& name) const {
  EncodeOptions how;
  if (options_.truncation) {
    how.max_length = rules_.limit;
    how.truncation = Truncation::kOnlyFirst;
  }
  const Encoding encoding = tokenizer_.encode(rules_.prefix + text, std::nullopt, how);
  if (encoding.ids.empty()) return {};
  if (encoding.ids.size() > static_cast<size_t>(rules_.limit)) {
    throw Error(ErrorCode::kInputTooLong, name + " has " + std::to_string(encoding.ids.size()) +
                                              " tokens; the model takes at most " +
                                              std::to_string(rules_.limit) +
                                              ". With truncation: true the rest is cut.");
  }
  return {{encoding.ids}, encoding.truncated};
}

Windows Text2TextJob::whole_prompt(const std::string& text, const std::string& name) const {
  EncodeOptions how;
  how.add_special_tokens = more_.add_special_tokens;
  std::vector<int32_t> ids = tokenizer_.encode(rules_.prefix + text, std::nullopt, how).ids;
  if (ids.empty()) {
    // Something comes out of nothing only where a token begins every text.
    const std::optional<int32_t> begin = options_.generation.bos_token_id;
    if (!begin) {
      throw Error(ErrorCode::kInvalidArgument,
                  name + " is empty, and the model has no bos_token_id to begin a text with.");
    }
    ids = {*begin};
  }
  if (ids.size() > static_cast<size_t>(rules_.limit)) {
    throw Error(ErrorCode::kInputTooLong, name + " has " + std::to_string(ids.size()) +
                                              " tokens; the model takes at most " +
                                              std::to_string(rules_.limit) + ".");
  }
  return {{std::move(ids)}, false};
}

bool Text2TextJob::all_finished(const Text& text) const {
  return std::all_of(text.sources.begin(), text.sources.end(),
                     [&](int source) { return generator_.finished(source); });
}

// Texts finish in any order; each is joined as soon as its last window is done.
void Text2TextJob::collect() {
  const auto done = [&](size_t index) {
    Text& text = texts_[index];
    if (!all_finished(text) || merge(text)) return false;
    const size_t ranks = generator_.result(text.sources.front()).size();
    for (size_t rank = 0; rank < ranks; ++rank) text.results.push_back(joined(text, rank));
    ++finished_;
    return true;
  };
  running_.erase(std::remove_if(running_.begin(), running_.end(), done), running_.end());
}

// What came of the windows is one text again, and a shorter one. It is worked on again until it
// fits one window, or does not shrink any more. @returns true when there is more to do
bool Text2TextJob::merge(Text& text) {
  if (!options_.merge || text.sources.size() == 1 || generator_.out_of_time()) return false;
  const Output whole = joined(text, 0);
  if (is_blank(whole.text)) return false;
  const Windows windows = split_windows(tokenizer_, {rules_.prefix, whole.text, rules_.language},
                                        rules_.limit, true, "The text");
  if (windows.ids.size() >= text.sources.size()) return false;
  text.truncated |= whole.truncated || windows.truncated;
  text.sources.clear();
  for (const std::vector<int32_t>& ids : windows.ids) text.sources.push_back(generator_.add(ids));
  return true;
}

// Where the model forces the end token at the greatest length, its own wish to end is not known,
// and the flag errs towards caution.
bool Text2TextJob::was_cut(const Text& text, const GeneratedSequence& sequence) const {
  const GenerationConfig& generation = options_.generation;
  if (sequence.ending != Ending::kToken) return sequence.ending != Ending::kString;
  const int most = std::min(generation.length_limit(static_cast<int>(text.given_tokens)),
                            model_.config().max_positions + 1);
  return !generation.forced_eos_token_id.empty() &&
         sequence.ids.size() >= static_cast<size_t>(most);
}

Output Text2TextJob::joined(const Text& text, size_t rank) const {
  Output result;
  result.truncated = text.truncated;
  float weighted = 0.0F;
  for (const int source : text.sources) {
    const GeneratedSequence& sequence = generator_.result(source)[rank];
    const auto tokens = static_cast<int>(sequence.ids.size() - text.given_tokens);
    append_window(result.text, output_text(tokenizer_, sequence.ids, text.decoding));
    result.token_count += tokens;
    result.truncated |= was_cut(text, sequence);
    add_tokens(tokenizer_, sequence, result.tokens);
    weighted += sequence.score * static_cast<float>(tokens);
  }
  result.score = text.sources.size() == 1
                     ? generator_.result(text.sources.front())[rank].score
                     : weighted / static_cast<float>(std::max(1, result.token_count));
  return result;
}

// Of several windows, what is settled ends with the first that is not finished.
Text2TextJob::Partial Text2TextJob::partial(const Text& text) const {
  Partial result;
  if (options_.merge && text.sources.size() > 1) return result;  // only what it is merged to counts
  bool settled = true;
  const auto part_of = [&](std::span<const int32_t> ids, bool whole) {
    return whole ? output_text(tokenizer_, ids, text.decoding)
                 : settled_text(tokenizer_, ids, text.decoding);
  };
  for (const int source : text.sources) {
    const std::vector<int32_t> ids = generator_.best_so_far(source);
    // What shows of the best one ends with a whole character as well.
    append_window(result.text, part_of(ids, generator_.finished(source)));
    if (!settled) continue;
    const std::span<const int32_t> sure(ids.data(), generator_.settled(source));
    settled = generator_.finished(source);
    append_window(result.settled, part_of(sure, settled));
  }
  return result;
}

void Text2TextJob::write_partial(JsonWriter& writer, size_t index) {
  Text& text = texts_[index];
  if (!text.results.empty()) {
    if (text.reported_result) return;
    text.reported_result = true;
    text.reported = {};
    writer.begin_object();
    writer.key("index");
    writer.integer(static_cast<long long>(index));
    writer.key("outputs");
    write_outputs(writer, kind_.text_key, text.results);
    writer.end_object();
    return;
  }
  Partial now = partial(text);
  if (now == text.reported) return;
  writer.begin_object();
  writer.key("index");
  writer.integer(static_cast<long long>(index));
  writer.key("text");
  writer.string(now.text);
  writer.key("settled");
  writer.string(now.settled);
  writer.end_object();
  text.reported = std::move(now);
}

void Text2TextJob::write_progress(JsonWriter& writer) {
  writer.begin_object();
  writer.key("finished");
  writer.integer(static_cast<long long>(finished_));
  writer.key("total");
  writer.integer(static_cast<long long>(texts_.size()));
  if (options_.stream) {
    writer.key("partial");
    writer.begin_array();
    for (size_t index = 0; index < tokenized_; ++index) write_partial(writer, index);
    writer.end_array();
  }
  writer.end_object();
}

void Text2TextJob::write_result(JsonWriter& writer, Attachments&) const {
  writer.begin_array();
  for (const Text& text : texts_) {
    write_outputs(writer, kind_.text_key, text.results);
  }
  writer.end_array();
}

}  // namespace dragoman
