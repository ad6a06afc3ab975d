// The task and its requests: masks found, logits of their places, words.
#include "tasks/fill_mask.hpp"

#include <algorithm>
#include <utility>

#include "kernels/rows.hpp"
#include "tasks/option_reader.hpp"

namespace dragoman {

namespace {

// Masks whose logits are held at once. A text with more is run again for the others.
constexpr size_t kMasksAtOnce = 32;

}  // namespace

std::unique_ptr<Task> make_fill_mask(const TransformerConfig& config, WeightType type) {
  return std::make_unique<FillMaskTask>(config, type);
}

void FillMaskTask::finish(const ModelFiles& files) {
  EncoderTask::finish(files);
  const PretrainedConfig published(files);
  tokens_.mask = special_id(tokenizer(), published, "mask_token", {"[MASK]", "<mask>"});
  tokens_.pad = special_id(tokenizer(), published, "pad_token", {"[PAD]", "<pad>"});
  if (tokens_.mask >= 0) return;
  throw Error(ErrorCode::kUnsupportedModel, "The tokenizer defines no mask token.");
}

void FillMaskTask::write_info(JsonWriter& writer) const {
  EncoderTask::write_info(writer);
  writer.key("mask_token");
  writer.string(tokenizer().decode({&tokens_.mask, 1}, false));
}

std::vector<int32_t> FillMaskTask::target_ids(const std::vector<std::string>& targets) const {
  std::vector<int32_t> ids;
  EncodeOptions first_token;
  first_token.add_special_tokens = false;
  first_token.max_length = 1;
  first_token.truncation = Truncation::kLongestFirst;
  for (const std::string& target : targets) {
    int32_t id = tokenizer().token_id(target);
    if (id < 0) {
      const Encoding encoding = tokenizer().encode(target, std::nullopt, first_token);
      if (!encoding.ids.empty()) id = encoding.ids[0];
    }
    if (id < 0 || id >= config().vocab_size) {
      throw Error(ErrorCode::kInvalidArgument, "The option \"targets\" has \"" +
                                                   target.substr(0, 60) +
                                                   "\", which has no token of the model.");
    }
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

std::unique_ptr<Job> FillMaskTask::start(Json request) const {
  FillMaskOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  const TokenLimit tokens = limit(options.truncation, options.max_length);
  return std::make_unique<FillMaskJob>(model(), tokenizer(), tokens, tokens_, options.top_k,
                                       target_ids(options.targets), read_inputs(request, false));
}

FillMaskJob::FillMaskJob(const EncoderModel& model, const Tokenizer& tokenizer, TokenLimit limit,
                         MaskTokens tokens, int top_k, std::vector<int32_t> targets,
                         std::vector<TextInput> inputs)
    : EncoderJob(model, inputs.size(), {}),
      tokenizer_(tokenizer),
      limit_(limit),
      tokens_(tokens),
      top_k_(top_k),
      targets_(std::move(targets)),
      inputs_(std::move(inputs)),
      texts_(inputs_.size()) {}

size_t FillMaskJob::prepare(size_t index) {
  const size_t bytes = inputs_[index].text.size();
  Encoding encoding = encode_input(tokenizer_, inputs_[index].text, std::nullopt, limit_, index);
  Text& text = texts_[index];
  text.truncated = encoding.truncated;
  text.ids = std::move(encoding.ids);
  for (size_t i = 0; i < text.ids.size(); ++i) {
    if (text.ids[i] == tokens_.mask) text.masks.push_back(static_cast<int32_t>(i));
  }
  if (text.masks.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "inputs[" + std::to_string(index) + "] has no mask, which is written " +
                    tokenizer_.decode({&tokens_.mask, 1}, false) + ".");
  }
  for (size_t first = 0; first < text.masks.size(); first += kMasksAtOnce) {
    const auto begin = text.masks.begin() + static_cast<std::ptrdiff_t>(first);
    const size_t count = std::min(kMasksAtOnce, text.masks.size() - first);
    add({index, text.ids, encoding.type_ids, {begin, begin + static_cast<std::ptrdiff_t>(count)}});
  }
  inputs_[index] = {};
  return bytes;
}

void FillMaskJob::collect(const PassedSequence& passed) {
  Text& text = texts_[passed.sequence.input];
  for (size_t i = 0; i < passed.sequence.rows.size(); ++i) {
    const int row = passed.first_row + static_cast<int>(i);
    text.words.push_back(best_words(passed.pass.logits().row_span(row)));
  }
}

// Probabilities are those among all words, also where only some may be chosen.
std::vector<FillMaskJob::Word> FillMaskJob::best_words(std::span<const float> logits) const {
  check_finite(logits);
  std::vector<float> scores(logits.begin(), logits.end());
  softmax(scores);
  std::vector<Word> words;
  if (targets_.empty()) {
    for (size_t i = 0; i < scores.size(); ++i)
      words.push_back({static_cast<int32_t>(i), scores[i]});
  } else {
    for (const int32_t id : targets_) words.push_back({id, scores[static_cast<size_t>(id)]});
  }
  const size_t count = std::min(words.size(), static_cast<size_t>(top_k_));
  std::partial_sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), words.end(),
                    [](const Word& a, const Word& b) {
                      return a.score != b.score ? a.score > b.score : a.token < b.token;
                    });
  words.resize(count);
  words.shrink_to_fit();
  return words;
}

void FillMaskJob::write_word(JsonWriter& writer, const Text& text, size_t mask,
                             const Word& word) const {
  std::vector<int32_t> ids = text.ids;
  ids[static_cast<size_t>(text.masks[mask])] = word.token;
  std::erase(ids, tokens_.pad);
  writer.begin_object();
  writer.key("score");
  writer.number(static_cast<double>(word.score));
  writer.key("token");
  writer.integer(word.token);
  writer.key("token_str");
  writer.string(tokenizer_.decode({&word.token, 1}, false));
  // The other masks are special tokens too, and are to be seen.
  writer.key("sequence");
  writer.string(tokenizer_.decode(ids, text.masks.size() == 1));
  if (text.truncated) {
    writer.key("truncated");
    writer.boolean(true);
  }
  writer.end_object();
}

void FillMaskJob::write_result(JsonWriter& writer, Attachments&) const {
  writer.begin_array();
  for (const Text& text : texts_) {
    const bool several = text.words.size() > 1;
    if (several) writer.begin_array();
    for (size_t mask = 0; mask < text.words.size(); ++mask) {
      writer.begin_array();
      for (const Word& word : text.words[mask]) write_word(writer, text, mask, word);
      writer.end_array();
    }
    if (several) writer.end_array();
  }
  writer.end_array();
}

}  // namespace dragoman
