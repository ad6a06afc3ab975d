// The task and its requests: predicates found, marked, labels of words, spans.
#include "tasks/semantic_roles.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "kernels/rows.hpp"
#include "tasks/option_reader.hpp"
#include "tasks/request.hpp"

namespace dragoman {

namespace {

std::string named(size_t input) {
  return "inputs[" + std::to_string(input) + "]";
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

uint32_t offset_member(Json object, std::string_view key, const std::string& name) {
  const bool good = object.has(key) && object.at(key).is_integer() &&
                    object.at(key).as_double() >= 0 && object.at(key).as_double() < 4294967296.0;
  if (!good) refuse(name + "." + std::string(key) + " is no whole number.");
  return static_cast<uint32_t>(object.at(key).as_int());
}

// @param words  of the input; 0 for a text
PredicateQuery read_predicate(Json value, size_t words, const std::string& name) {
  PredicateQuery query;
  if (value.is_string() && !value.as_string().empty()) {
    query.kind = PredicateQuery::Kind::kText;
    query.text = to_utf16(value.as_string());
  } else if (value.is_object()) {
    check_members(value, {"start", "end"}, name);
    query.kind = PredicateQuery::Kind::kSpan;
    query.start = offset_member(value, "start", name);
    query.end = offset_member(value, "end", name);
  } else if (value.is_integer() && words > 0) {
    const bool inside = value.as_double() >= 0 && value.as_double() < static_cast<double>(words);
    if (!inside) refuse(name + " is no index of the " + std::to_string(words) + " words.");
    query.word = static_cast<size_t>(value.as_int());
  } else {
    refuse(name + " is neither a string nor {start, end}" +
           (words > 0 ? " nor the index of a word." : "; indices go with inputs given as words."));
  }
  return query;
}

RoleInput read_role_input(Json given, const std::string& name) {
  check_members(given, {"text", "words", "predicates"}, name);
  RoleInput input;
  if (given.has("words") == given.has("text")) refuse(name + " needs either text or words.");
  if (given.has("words")) {
    input.words = read_words(given.at("words"), name + ".words");
  } else {
    input.text = text_member(given, "text", name);
  }
  const bool named_any = given.has("predicates") && given.at("predicates").is_array() &&
                         given.at("predicates").size() > 0;
  if (!named_any) {
    refuse(name +
           ".predicates is not an array of predicates; the model is told what they are, it "
           "does not find them.");
  }
  const Json list = given.at("predicates");
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string place = name + ".predicates[" + std::to_string(i) + "]";
    input.predicates.push_back(read_predicate(list.at(i), input.words.size(), place));
  }
  return input;
}

// Half of a pair of surrogates counts as part of a word: scripts beyond the basic plane.
bool part_of_word(char16_t c) {
  return (c & 0xF800) == 0xD800 || is_word_character(c);
}

}  // namespace

std::unique_ptr<Task> make_semantic_roles(const TransformerConfig& config, WeightType type) {
  return std::make_unique<SemanticRoleTask>(config, type);
}

SemanticRoleTask::SemanticRoleTask(const TransformerConfig& config, WeightType type)
    : EncoderTask(config, Head::kToken, type), tags_(config.labels) {
  if (!tags_.any_spans()) {
    throw Error(ErrorCode::kUnsupportedModel,
                "Semantic role labelling needs labels such as B-ARG0; this model has none.");
  }
  if (config.type_vocab_size < 2) {
    throw Error(ErrorCode::kUnsupportedModel,
                "Semantic role labelling marks the predicate by token type 1, which this model "
                "does not have.");
  }
}

void SemanticRoleTask::write_info(JsonWriter& writer) const {
  write_labels(writer, config());
  EncoderTask::write_info(writer);
}

std::unique_ptr<Job> SemanticRoleTask::start(Json request) const {
  SemanticRoleOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  const Json list = request_inputs(request);
  std::vector<RoleInput> inputs;
  for (size_t i = 0; i < list.size(); ++i) inputs.push_back(read_role_input(list.at(i), named(i)));
  return std::make_unique<SemanticRoleJob>(model(), tokenizer(), tags_,
                                           limit(Truncation::kNone, std::nullopt),
                                           std::move(options), std::move(inputs));
}

SemanticRoleJob::SemanticRoleJob(const EncoderModel& model, const Tokenizer& tokenizer,
                                 const BioTags& tags, TokenLimit limit, SemanticRoleOptions options,
                                 std::vector<RoleInput> inputs)
    : EncoderJob(model, inputs.size(), {}),
      tokenizer_(tokenizer),
      tags_(tags),
      limit_(limit),
      options_(std::move(options)),
      inputs_(std::move(inputs)),
      sentences_(inputs_.size()) {}

size_t SemanticRoleJob::prepare(size_t index) {
  RoleInput& input = inputs_[index];
  Sentence& sentence = sentences_[index];
  std::vector<uint32_t> starts;
  if (input.words.empty()) {
    sentence.encoding = tokenizer_.encode(input.text);
  } else {
    JoinedWords joined = join_words(input.words, options_.delimiter);
    sentence.encoding = encode_words(tokenizer_, input.words, joined);
    input.text = std::move(joined.text);
    starts = std::move(joined.starts);
  }
  const size_t tokens = sentence.encoding.ids.size();
  if (tokens > static_cast<size_t>(limit_.max_length)) {
    throw Error(ErrorCode::kInputTooLong, named(index) + " has " + std::to_string(tokens) +
                                              " tokens; at most " +
                                              std::to_string(limit_.max_length) +
                                              " are taken. Give it sentence by sentence.");
  }
  const size_t bytes = input.text.size();
  sentence.units = to_utf16(input.text);
  const std::vector<int32_t>& words = sentence.encoding.words;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] >= 0 && (i == 0 || words[i - 1] != words[i])) sentence.first_tokens.push_back(i);
  }
  for (size_t i = 0; i < input.predicates.size(); ++i) {
    PredicateQuery query = std::move(input.predicates[i]);
    if (query.kind == PredicateQuery::Kind::kWord) {
      query.start = starts[query.word];
      query.end = query.start + static_cast<uint32_t>(to_utf16(input.words[query.word]).size());
    }
    add_predicate(sentence, index, query, named(index) + ".predicates[" + std::to_string(i) + "]");
  }
  input = {};
  return bytes;
}

// A text stands for each place where it is, as words of the sentence.
void SemanticRoleJob::add_predicate(Sentence& sentence, size_t input, const PredicateQuery& query,
                                    const std::string& name) {
  bool found = false;
  if (query.kind != PredicateQuery::Kind::kText) {
    found = mark(sentence, input, query.start, query.end);
  } else {
    const std::u16string& units = sentence.units;
    const size_t length = query.text.size();
    for (size_t at = units.find(query.text); at != std::u16string::npos;
         at = units.find(query.text, at + 1)) {
      const bool begins = at == 0 || !part_of_word(units[at - 1]);
      const bool ends = at + length == units.size() || !part_of_word(units[at + length]);
      if (!begins || !ends) continue;
      const auto start = static_cast<uint32_t>(at);
      found = mark(sentence, input, start, start + static_cast<uint32_t>(length)) || found;
    }
  }
  if (!found) refuse(name + " is no word of the sentence.");
}

// Makes the sequence in which the tokens of [start, end) are the predicate. @returns false where
// there are none
bool SemanticRoleJob::mark(Sentence& sentence, size_t input, uint32_t start, uint32_t end) {
  const Encoding& encoding = sentence.encoding;
  EncoderSequence sequence{input, encoding.ids, {}, {}};
  sequence.type_ids.assign(encoding.ids.size(), 0);
  bool found = false;
  Predicate predicate;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    const bool inside = encoding.starts[i] < end && encoding.ends[i] > start;
    if (encoding.special[i] != 0 || !inside) continue;
    sequence.type_ids[i] = 1;
    if (!found) predicate.start = encoding.starts[i];
    predicate.end = encoding.ends[i];
    found = true;
  }
  if (!found) return false;
  sentence.predicates.push_back(std::move(predicate));
  add(std::move(sequence));
  return true;
}

uint32_t SemanticRoleJob::word_end(const Sentence& sentence, size_t word) const {
  const bool last = word + 1 == sentence.first_tokens.size();
  const size_t after = last ? own_tokens(sentence.encoding).end : sentence.first_tokens[word + 1];
  return sentence.encoding.ends[after - 1];
}

void SemanticRoleJob::collect(const PassedSequence& passed) {
  Sentence& sentence = sentences_[passed.sequence.input];
  Predicate& predicate = sentence.predicates[sentence.passed++];
  const View<const float> logits = passed.pass.logits();
  const size_t words = sentence.first_tokens.size();
  const auto labels = static_cast<size_t>(logits.cols);
  std::vector<float> storage(words * labels);
  const View<float> scores(storage.data(), static_cast<int>(words), logits.cols);
  for (size_t word = 0; word < words; ++word) {
    const int row = passed.first_token + static_cast<int>(sentence.first_tokens[word]);
    const std::span<const float> from = logits.row_span(row);
    check_finite(from);
    const std::span<float> to = scores.row_span(static_cast<int>(word));
    std::copy(from.begin(), from.end(), to.begin());
    log_softmax(to);
  }
  const std::vector<int> path = tags_.best_path(scores);
  for (const BioTags::Span& span : tags_.spans(path)) {
    float sum = 0.0F;
    for (size_t word = span.begin; word < span.end; ++word) {
      sum += std::exp(scores.row(static_cast<int>(word))[path[word]]);
    }
    const size_t first = sentence.first_tokens[span.begin];
    predicate.roles.push_back({std::string(span.name),
                               sum / static_cast<float>(span.end - span.begin),
                               sentence.encoding.starts[first], word_end(sentence, span.end - 1)});
  }
}

void SemanticRoleJob::write_predicate(JsonWriter& writer, const Sentence& sentence,
                                      const Predicate& predicate) const {
  const auto span = [&](const char* name, uint32_t start, uint32_t end) {
    writer.key(name);
    writer.string(to_utf8(std::u16string_view(sentence.units).substr(start, end - start)));
    writer.key("start");
    writer.integer(start);
    writer.key("end");
    writer.integer(end);
  };
  writer.begin_object();
  span("predicate", predicate.start, predicate.end);
  writer.key("roles");
  writer.begin_array();
  for (const Role& role : predicate.roles) {
    writer.begin_object();
    writer.key("role");
    writer.string(role.name);
    span("text", role.start, role.end);
    writer.key("score");
    writer.number(static_cast<double>(role.score));
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
}

void SemanticRoleJob::write_result(JsonWriter& writer, Attachments&) const {
  writer.begin_array();
  for (const Sentence& sentence : sentences_) {
    writer.begin_array();
    for (const Predicate& predicate : sentence.predicates) {
      write_predicate(writer, sentence, predicate);
    }
    writer.end_array();
  }
  writer.end_array();
}

}  // namespace dragoman
