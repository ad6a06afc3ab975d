// A translation request step by step: tokenise, generate, join windows.
#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "tasks/translation.hpp"

namespace dragoman {

namespace {

// One step tokenises about this much text: a few milliseconds.
constexpr size_t kBytesPerStep = 16384;

// Models make up a sentence for an empty one, so blank text never reaches them.
bool is_blank(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    if (!is_white_space(next_code_point(text, position))) return false;
  }
  return true;
}

void write_translation(JsonWriter& writer, const Translation& translation) {
  writer.begin_object();
  writer.key("translation_text");
  writer.string(translation.text);
  writer.key("score");
  writer.number(static_cast<double>(translation.score));
  writer.key("token_count");
  writer.integer(translation.token_count);
  if (translation.truncated) {
    writer.key("truncated");
    writer.boolean(true);
  }
  writer.end_object();
}

void write_translations(JsonWriter& writer, const std::vector<Translation>& ranked) {
  writer.begin_array();
  for (const Translation& translation : ranked) write_translation(writer, translation);
  writer.end_array();
}

// The start token was given, not generated.
int generated_tokens(const GeneratedSequence& sequence) {
  return std::max(0, static_cast<int>(sequence.ids.size()) - 1);
}

// Windows are cut between words, so a space belongs between their translations.
void append_window(std::string& text, const std::string& window) {
  if (!text.empty() && !window.empty()) text += ' ';
  text += window;
}

}  // namespace

TranslationJob::TranslationJob(const Seq2SeqModel& model, const Tokenizer& tokenizer,
                               TranslationOptions options, std::vector<TextInput> inputs)
    : tokenizer_(tokenizer),
      options_(std::move(options)),
      max_source_(model.config().max_positions),
      generator_(model, options_.generation),
      texts_(inputs.size()) {
  for (size_t i = 0; i < inputs.size(); ++i) texts_[i].text = std::move(inputs[i].text);
}

bool TranslationJob::step(const Context& context) {
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
void TranslationJob::tokenize_some() {
  size_t bytes = 0;
  while (tokenized_ < texts_.size() && bytes < kBytesPerStep) {
    bytes += texts_[tokenized_].text.size() + 1;
    tokenize(tokenized_);
    ++tokenized_;
  }
}

void TranslationJob::tokenize(size_t index) {
  Text& text = texts_[index];
  Windows windows;
  if (!is_blank(text.text)) {
    windows = split_windows(tokenizer_, text.text, max_source_, options_.truncation,
                            "inputs[" + std::to_string(index) + "]");
  }
  if (windows.ids.empty()) {
    // Nothing to translate: blank text is its own translation, and a text of which the tokenizer
    // leaves nothing has an empty one.
    const std::string kept = is_blank(text.text) ? text.text : std::string();
    const auto count = static_cast<size_t>(options_.generation.num_return_sequences);
    text.results.assign(count, Translation{kept});
    ++finished_;
    return;
  }
  for (const std::vector<int32_t>& ids : windows.ids) {
    text.sources.push_back(generator_.add(ids));
  }
  text.truncated = windows.truncated;
  text.text = std::string();
  running_.push_back(index);
}

bool TranslationJob::all_finished(const Text& text) const {
  return std::all_of(text.sources.begin(), text.sources.end(),
                     [&](int source) { return generator_.finished(source); });
}

// Texts finish in any order; each is joined as soon as its last window is done.
void TranslationJob::collect() {
  const auto done = [&](size_t index) {
    Text& text = texts_[index];
    if (!all_finished(text)) return false;
    const size_t ranks = generator_.result(text.sources.front()).size();
    for (size_t rank = 0; rank < ranks; ++rank) text.results.push_back(joined(text, rank));
    ++finished_;
    return true;
  };
  running_.erase(std::remove_if(running_.begin(), running_.end(), done), running_.end());
}

// An output of the greatest length that does not end by itself was cut. Where the model forces
// the end token there, its own wish to end is not known, and the flag errs towards caution.
bool TranslationJob::reached_limit(const std::vector<int32_t>& ids) const {
  const GenerationConfig& generation = options_.generation;
  if (ids.size() < static_cast<size_t>(generation.max_length)) return false;
  const std::vector<int32_t>& ends = generation.eos_token_id;
  const bool ended = std::find(ends.begin(), ends.end(), ids.back()) != ends.end();
  return !ended || !generation.forced_eos_token_id.empty();
}

Translation TranslationJob::joined(const Text& text, size_t rank) const {
  Translation result;
  result.truncated = text.truncated;
  float weighted = 0.0F;
  for (const int source : text.sources) {
    const GeneratedSequence& sequence = generator_.result(source)[rank];
    const int tokens = generated_tokens(sequence);
    append_window(result.text, tokenizer_.decode(sequence.ids, true));
    result.token_count += tokens;
    result.truncated |= reached_limit(sequence.ids);
    weighted += sequence.score * static_cast<float>(tokens);
  }
  result.score = text.sources.size() == 1
                     ? generator_.result(text.sources.front())[rank].score
                     : weighted / static_cast<float>(std::max(1, result.token_count));
  return result;
}

// Of several windows, what is settled ends with the first that is not finished.
TranslationJob::Partial TranslationJob::partial(const Text& text) const {
  Partial result;
  bool settled = true;
  for (const int source : text.sources) {
    const std::vector<int32_t> ids = generator_.best_so_far(source);
    append_window(result.text, tokenizer_.decode(ids, true));
    if (!settled) continue;
    const std::span<const int32_t> sure(ids.data(), generator_.settled(source));
    append_window(result.settled, tokenizer_.decode(sure, true));
    settled = generator_.finished(source);
  }
  return result;
}

void TranslationJob::write_partial(JsonWriter& writer, size_t index) {
  Text& text = texts_[index];
  if (!text.results.empty()) {
    if (text.reported_result) return;
    text.reported_result = true;
    text.reported = {};
    writer.begin_object();
    writer.key("index");
    writer.integer(static_cast<long long>(index));
    writer.key("translations");
    write_translations(writer, text.results);
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

void TranslationJob::write_progress(JsonWriter& writer) {
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

void TranslationJob::write_result(JsonWriter& writer, Attachments&) const {
  writer.begin_array();
  for (const Text& text : texts_) {
    write_translations(writer, text.results);
  }
  writer.end_array();
}

}  // namespace dragoman
