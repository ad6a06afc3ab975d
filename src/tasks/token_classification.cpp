// The task and its requests: windows, scores of their tokens, entities.
#include "tasks/token_classification.hpp"

#include <algorithm>
#include <utility>

#include "base/utf.hpp"
#include "kernels/rows.hpp"
#include "tasks/option_reader.hpp"
#include "tasks/request.hpp"

namespace dragoman {

namespace {

size_t count_characters(std::u16string_view units) {
  return static_cast<size_t>(
      std::count_if(units.begin(), units.end(), [](char16_t c) { return (c & 0xFC00) != 0xDC00; }));
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<TokenInput> read_token_inputs(Json request, const TokenClassificationOptions& options) {
  std::vector<TokenInput> inputs;
  if (!options.is_split_into_words) {
    for (TextInput& input : read_inputs(request, false)) {
      inputs.push_back({std::move(input.text), {}});
    }
    return inputs;
  }
  const Json given = request_inputs(request);
  for (size_t i = 0; i < given.size(); ++i) {
    inputs.push_back({{}, read_words(given.at(i), "inputs[" + std::to_string(i) + "]")});
  }
  return inputs;
}

}  // namespace

std::unique_ptr<Task> make_token_classification(const TransformerConfig& config, WeightType type) {
  return std::make_unique<TokenClassificationTask>(config, type);
}

void TokenClassificationTask::finish(const ModelFiles& files) {
  EncoderTask::finish(files);
  rules_.marked = tokenizer().marks_subwords();
  rules_.unknown_id =
      special_id(tokenizer(), PretrainedConfig(files), "unk_token", {"[UNK]", "<unk>"});
}

void TokenClassificationTask::write_info(JsonWriter& writer) const {
  write_labels(writer, config());
  EncoderTask::write_info(writer);
}

std::unique_ptr<Job> TokenClassificationTask::start(Json request) const {
  TokenClassificationOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  const int limit = published_limit();
  const int capacity = limit - tokenizer().special_tokens(false);
  if (capacity < 1 || options.stride.value_or(0) >= capacity) {
    throw Error(ErrorCode::kInvalidArgument,
                "The option \"stride\" is " + std::to_string(options.stride.value_or(0)) +
                    "; a window has " + std::to_string(capacity) + " tokens of the text.");
  }
  std::vector<TokenInput> inputs = read_token_inputs(request, options);
  return std::make_unique<TokenClassificationJob>(model(), tokenizer(), rules_, limit,
                                                  std::move(options), std::move(inputs));
}

TokenClassificationJob::TokenClassificationJob(const EncoderModel& model,
                                               const Tokenizer& tokenizer, WordRules rules,
                                               int limit, TokenClassificationOptions options,
                                               std::vector<TokenInput> inputs)
    : EncoderJob(model, inputs.size(), {}),
      tokenizer_(tokenizer),
      rules_(rules),
      limit_(static_cast<size_t>(limit)),
      options_(std::move(options)),
      inputs_(std::move(inputs)),
      texts_(inputs_.size()) {}

// A quarter in common: names are far shorter, and little is computed twice.
size_t TokenClassificationJob::stride_for(size_t capacity) const {
  return options_.stride ? static_cast<size_t>(*options_.stride) : capacity / 4;
}

size_t TokenClassificationJob::prepare(size_t index) {
  TokenInput& input = inputs_[index];
  Text& text = texts_[index];
  if (input.words.empty()) {
    text.encoding = tokenizer_.encode(input.text);
  } else {
    JoinedWords joined = join_words(input.words, options_.delimiter);
    text.encoding = encode_words(tokenizer_, input.words, joined);
    input.text = std::move(joined.text);
  }
  const size_t bytes = input.text.size();
  text.units = to_utf16(input.text);
  text.own = own_tokens(text.encoding);
  const size_t capacity = limit_ - (text.encoding.ids.size() - text.own.size());
  text.windows = overlapping_windows(text.own, capacity, stride_for(capacity));
  for (const TokenRange window : text.windows) {
    add(window_sequence(text.encoding, text.own, window, index));
  }
  input = {};
  return bytes;
}

// The rule of TokenClassificationPipeline.gather_pre_entities. Without marks, what no space comes
// before goes on with the word.
ScoredToken TokenClassificationJob::scored(const Text& text, size_t token,
                                           std::span<const float> scores) const {
  const Encoding& encoding = text.encoding;
  const uint32_t start = encoding.starts[token];
  const uint32_t end = encoding.ends[token];
  const std::u16string_view units(text.units);
  const std::u16string_view covered = units.substr(start, end - start);
  ScoredToken result{tokenizer_.token(encoding.ids[token]), scores, start, end, false, token};
  if (encoding.ids[token] == rules_.unknown_id) {
    result.word = to_utf8(covered);
  } else if (rules_.marked) {
    result.subword = count_characters(result.word) != count_characters(covered);
  } else {
    const bool spaced =
        start == 0 || units[start - 1] == u' ' || (start < units.size() && units[start] == u' ');
    result.subword = !spaced;
  }
  return result;
}

// Of tokens that two windows share, each window decides the half that it sees more around.
TokenRange TokenClassificationJob::decided_by(const Text& text, size_t window) const {
  const std::vector<TokenRange>& windows = text.windows;
  TokenRange range = windows[window];
  if (window > 0) range.begin += (windows[window - 1].end - range.begin) / 2;
  if (window + 1 < windows.size()) {
    const TokenRange next = windows[window + 1];
    range.end = next.begin + (windows[window].end - next.begin) / 2;
  }
  return range;
}

void TokenClassificationJob::collect(const PassedSequence& passed) {
  Text& text = texts_[passed.sequence.input];
  const size_t window = text.passed++;
  const TokenRange range = text.windows[window];
  // Joined entities need all of a window and are weighed against each other later; single tokens
  // are decided here.
  const bool single = options_.aggregation_strategy == Aggregation::kNone;
  const TokenRange wanted = single ? decided_by(text, window) : range;
  const View<const float> logits = passed.pass.logits();
  const auto labels = static_cast<size_t>(logits.cols);
  std::vector<float> scores(wanted.size() * labels);
  std::vector<ScoredToken> tokens;
  for (size_t token = wanted.begin; token < wanted.end; ++token) {
    const size_t row =
        static_cast<size_t>(passed.first_token) + text.own.begin + token - range.begin;
    const std::span<const float> from = logits.row_span(static_cast<int>(row));
    check_finite(from);
    const std::span<float> to(scores.data() + (token - wanted.begin) * labels, labels);
    std::copy(from.begin(), from.end(), to.begin());
    softmax(to);
    if (text.encoding.special[token] == 0) tokens.push_back(scored(text, token, to));
  }
  const std::vector<std::string>& ignored = options_.ignore_labels;
  for (Entity& entity :
       entities_of(tokens, model().config().labels, options_.aggregation_strategy, tokenizer_)) {
    if (std::find(ignored.begin(), ignored.end(), entity.label) != ignored.end()) continue;
    text.entities.push_back(std::move(entity));
  }
  if (text.passed < text.windows.size()) return;
  if (!single && text.windows.size() > 1) {
    text.entities = without_overlaps(std::move(text.entities));
  }
  text = {{}, {}, {}, {}, 0, std::move(text.entities)};
}

void TokenClassificationJob::write_result(JsonWriter& writer, Attachments&) const {
  const bool single = options_.aggregation_strategy == Aggregation::kNone;
  writer.begin_array();
  for (const Text& text : texts_) {
    writer.begin_array();
    for (const Entity& entity : text.entities) {
      writer.begin_object();
      writer.key(single ? "entity" : "entity_group");
      writer.string(entity.label);
      writer.key("score");
      writer.number(static_cast<double>(entity.score));
      if (single) {
        writer.key("index");
        writer.integer(static_cast<long long>(entity.index));
      }
      writer.key("word");
      writer.string(entity.word);
      writer.key("start");
      writer.integer(entity.start);
      writer.key("end");
      writer.integer(entity.end);
      writer.end_object();
    }
    writer.end_array();
  }
  writer.end_array();
}

}  // namespace dragoman
