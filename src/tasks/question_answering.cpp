// The task and its requests: windows of the context behind the question, probabilities, answers.
#include "tasks/question_answering.hpp"

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "kernels/rows.hpp"
#include "tasks/option_reader.hpp"
#include "tasks/request.hpp"

namespace dragoman {

namespace {

constexpr int kUsualSequence = 384;  // max_seq_len and doc_stride of Python's pipeline
constexpr int kUsualStride = 128;

std::string named(size_t input) {
  return "inputs[" + std::to_string(input) + "]";
}

std::vector<QuestionInput> read_questions(Json request) {
  const Json given = request_inputs(request);
  std::vector<QuestionInput> inputs;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string name = named(i);
    check_members(given.at(i), {"question", "context"}, name);
    inputs.push_back(
        {text_member(given.at(i), "question", name), text_member(given.at(i), "context", name)});
    for (const std::string* text : {&inputs.back().question, &inputs.back().context}) {
      if (!text->empty()) continue;
      const bool question = text == &inputs.back().question;
      throw Error(ErrorCode::kInvalidArgument,
                  name + (question ? ".question" : ".context") + " is empty.");
    }
  }
  return inputs;
}

std::string lower_case(std::string_view text) {
  std::u32string lower;
  for (const char32_t c : to_utf32(text)) append_lower_case(lower, c);
  return to_utf8(lower);
}

}  // namespace

std::unique_ptr<Task> make_question_answering(const TransformerConfig& config, WeightType type) {
  return std::make_unique<QuestionAnsweringTask>(config, type);
}

void QuestionAnsweringTask::finish(const ModelFiles& files) {
  EncoderTask::finish(files);
  cls_id_ = special_id(tokenizer(), PretrainedConfig(files), "cls_token", {"[CLS]", "<s>"});
}

std::unique_ptr<Job> QuestionAnsweringTask::start(Json request) const {
  QuestionAnsweringOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  const int most = config().max_positions;
  const int length = options.max_seq_len.value_or(std::min(published_limit(), kUsualSequence));
  const auto refuse = [](const char* option, int value, const std::string& why) {
    throw Error(ErrorCode::kInvalidArgument, std::string("The option \"") + option + "\" is " +
                                                 std::to_string(value) + "; " + why);
  };
  if (length > most) {
    refuse("max_seq_len", length, "the model takes at most " + std::to_string(most) + " tokens.");
  }
  if (options.doc_stride.value_or(0) > length) {
    refuse("doc_stride", *options.doc_stride,
           "max_seq_len is only " + std::to_string(length) + ".");
  }
  options.max_seq_len = length;
  return std::make_unique<QuestionAnsweringJob>(model(), tokenizer(), cls_id_, options,
                                                read_questions(request));
}

QuestionAnsweringJob::QuestionAnsweringJob(const EncoderModel& model, const Tokenizer& tokenizer,
                                           int32_t cls_id, QuestionAnsweringOptions options,
                                           std::vector<QuestionInput> inputs)
    : EncoderJob(model, inputs.size(), {}),
      tokenizer_(tokenizer),
      cls_id_(cls_id),
      options_(options),
      inputs_(std::move(inputs)),
      documents_(inputs_.size()) {}

// Windows must get on: in Python too long a stride is a panic of the tokenizer.
size_t QuestionAnsweringJob::stride_for(size_t capacity, const std::string& name) const {
  const int usual = std::min(*options_.max_seq_len / 2, kUsualStride);
  const auto stride = static_cast<size_t>(options_.doc_stride.value_or(usual));
  if (stride < capacity) return stride;
  if (!options_.doc_stride) return capacity / 2;
  throw Error(ErrorCode::kInvalidArgument,
              "The option \"doc_stride\" is " + std::to_string(stride) + "; beside the question " +
                  name + " leaves room for " + std::to_string(capacity) + " tokens of context.");
}

// Drops the tokens of the question beyond max_question_len.
void QuestionAnsweringJob::cut_question(Document& document) const {
  Encoding& encoding = document.encoding;
  const auto of_question = [&](size_t i) { return encoding.texts[i] == 0; };
  size_t begin = 0;
  while (begin < encoding.ids.size() && !of_question(begin)) ++begin;
  size_t end = begin;
  while (end < encoding.ids.size() && of_question(end)) ++end;
  const auto most = static_cast<size_t>(options_.max_question_len.value_or(1 << 30));
  if (end - begin <= most) return;
  const auto drop = [&](auto& values) {
    const auto at = [&](size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i); };
    values.erase(at(begin + most), at(end));
  };
  drop(encoding.ids);
  drop(encoding.type_ids);
  drop(encoding.starts);
  drop(encoding.ends);
  drop(encoding.special);
  drop(encoding.words);
  drop(encoding.texts);
  document.truncated = true;
}

size_t QuestionAnsweringJob::prepare(size_t index) {
  QuestionInput& input = inputs_[index];
  const std::string name = named(index);
  Document& document = documents_[index];
  Encoding& encoding = document.encoding;
  encoding = tokenizer_.encode(input.question, input.context, {});
  if (encoding.texts.empty()) {
    throw Error(ErrorCode::kUnsupportedModel,
                "The tokenizer cannot tell a question from its context.");
  }
  document.units = to_utf16(input.context);
  const size_t bytes = input.question.size() + input.context.size();
  input = {};
  cut_question(document);
  TokenRange& context = document.context;
  context.end = encoding.ids.size();
  while (context.end > 0 && encoding.texts[context.end - 1] < 0) --context.end;
  context.begin = context.end;
  while (context.begin > 0 && encoding.texts[context.begin - 1] == 1) --context.begin;
  if (context.size() == 0) return bytes;  // nothing but white space
  const size_t others = encoding.ids.size() - context.size();
  const auto most = static_cast<size_t>(*options_.max_seq_len);
  if (others >= most) {
    const auto question = std::count(encoding.texts.begin(), encoding.texts.end(), int8_t{0});
    throw Error(ErrorCode::kInputTooLong, name + ".question has " + std::to_string(question) +
                                              " tokens, which leaves no " +
                                              "room for the context among " + std::to_string(most) +
                                              ". With max_question_len it is cut.");
  }
  const size_t capacity = most - others;
  const size_t stride = context.size() > capacity ? stride_for(capacity, name) : 0;
  document.windows = overlapping_windows(context, capacity, stride);
  for (const TokenRange window : document.windows) {
    add(window_sequence(encoding, context, window, index));
  }
  return bytes;
}

// Softmax over the context and the tokens that mean "no answer".
// @param column  of the logits: 0 starts, 1 ends
// @returns [tokens of the sequence]; 0 outside
std::vector<float> QuestionAnsweringJob::probabilities(const PassedSequence& passed,
                                                       const Document& document, TokenRange window,
                                                       int column) const {
  constexpr float kMasked = -10000.0F;
  const std::vector<int32_t>& ids = passed.sequence.ids;
  std::vector<float> values(ids.size());
  const View<const float> logits = passed.pass.logits();
  for (size_t i = 0; i < ids.size(); ++i) {
    const bool in_context =
        i >= document.context.begin && i < document.context.begin + window.size();
    const float logit = logits.row(passed.first_token + static_cast<int>(i))[column];
    values[i] = in_context || ids[i] == cls_id_ ? logit : kMasked;
  }
  check_finite(values);
  softmax(values);
  return values;
}

void QuestionAnsweringJob::collect(const PassedSequence& passed) {
  Document& document = documents_[passed.sequence.input];
  const TokenRange window = document.windows[document.passed++];
  const std::vector<float> starts = probabilities(passed, document, window, 0);
  const std::vector<float> ends = probabilities(passed, document, window, 1);
  document.null_score = std::min(document.null_score, static_cast<double>(starts[0] * ends[0]));
  // As in Python, of which the numbers are: several spans may come out as one answer.
  const auto wanted = static_cast<size_t>(options_.top_k);
  const size_t count = options_.align_to_words ? wanted * 2 + 10 : wanted;
  const auto in_context = [&](const std::vector<float>& values) {
    return std::span(values).subspan(document.context.begin, window.size());
  };
  for (const AnswerSpan span :
       best_spans(in_context(starts), in_context(ends), options_.max_answer_len, count)) {
    add_answer(document, window, span);
  }
  if (document.passed == document.windows.size()) finish_document(document);
}

// Answers of one text are one answer, where it was found first.
void QuestionAnsweringJob::add_answer(Document& document, TokenRange window,
                                      AnswerSpan span) const {
  const Encoding& encoding = document.encoding;
  size_t first = window.begin + static_cast<size_t>(span.first);
  size_t last = window.begin + static_cast<size_t>(span.last);
  if (options_.align_to_words && !encoding.words.empty()) {
    const std::vector<int32_t>& words = encoding.words;
    while (first > window.begin && words[first - 1] == words[first]) --first;
    while (last + 1 < window.end && words[last + 1] == words[last]) ++last;
  }
  const uint32_t start = encoding.starts[first];
  const uint32_t end = std::max(start, encoding.ends[last]);
  std::string text = to_utf8(std::u16string_view(document.units).substr(start, end - start));
  const auto [place, is_new] =
      document.places.try_emplace(lower_case(text), document.answers.size());
  const auto score = static_cast<double>(span.score);
  if (is_new) {
    document.answers.push_back({score, start, end, std::move(text)});
  } else {
    document.answers[place->second].score += score;
  }
}

void QuestionAnsweringJob::finish_document(Document& document) const {
  std::vector<Answer>& answers = document.answers;
  if (options_.handle_impossible_answer) answers.push_back({document.null_score, 0, 0, {}});
  std::stable_sort(answers.begin(), answers.end(),
                   [](const Answer& a, const Answer& b) { return a.score > b.score; });
  answers.resize(std::min(answers.size(), static_cast<size_t>(options_.top_k)));
  Document finished;
  finished.answers = std::move(answers);
  finished.truncated = document.truncated;
  document = std::move(finished);
}

// A context without any token has the empty answer.
void QuestionAnsweringJob::write_result(JsonWriter& writer, Attachments&) const {
  const std::vector<Answer> none(1);
  writer.begin_array();
  for (const Document& document : documents_) {
    writer.begin_array();
    for (const Answer& answer : document.answers.empty() ? none : document.answers) {
      writer.begin_object();
      writer.key("score");
      writer.number(answer.score);
      writer.key("start");
      writer.integer(answer.start);
      writer.key("end");
      writer.integer(answer.end);
      writer.key("answer");
      writer.string(answer.text);
      if (document.truncated) {
        writer.key("truncated");
        writer.boolean(true);
      }
      writer.end_object();
    }
    writer.end_array();
  }
  writer.end_array();
}

}  // namespace dragoman
