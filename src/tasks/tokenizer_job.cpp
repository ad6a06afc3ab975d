// Requests to a tokenizer on their way: some texts at a time, so that others get their turn.
#include <algorithm>
#include <utility>

#include "tasks/option_reader.hpp"
#include "tasks/request.hpp"
#include "tasks/tokenizer_task.hpp"

namespace dragoman {

namespace {

constexpr size_t kStepBytes = 1 << 14;  // of text, and how many results, in one step

class TokenizerJob : public Job {
 public:
  size_t texts() const final { return total_; }
  size_t finished_texts() const final { return done_; }
  size_t cache_bytes() const final { return 0; }
  void write_progress(JsonWriter& writer) final {
    writer.begin_object();
    writer.key("finished");
    writer.integer(static_cast<long long>(done_));
    writer.key("total");
    writer.integer(static_cast<long long>(total_));
    writer.end_object();
  }
  bool step(const Context&) final {
    for (size_t bytes = 0; done_ < total_ && bytes < kStepBytes; ++done_) bytes += 1 + work(done_);
    return done_ < total_;
  }

 protected:
  explicit TokenizerJob(size_t total) : total_(total) {}
  /// Does one input. @returns how much that was, in bytes
  virtual size_t work(size_t input) = 0;

 private:
  size_t total_;
  size_t done_ = 0;
};

class EncodingJob final : public TokenizerJob {
 public:
  EncodingJob(const Tokenizer& tokenizer, const TokenizerOptions& options, PaddingRules padding,
              std::vector<TokenizerInput> inputs)
      : TokenizerJob(inputs.size()),
        tokenizer_(tokenizer),
        options_(options),
        padding_(padding),
        inputs_(std::move(inputs)) {
    encode_.add_special_tokens = options.add_special_tokens;
    encode_.truncation = *options.truncation;
    encode_.max_length = options.max_length.value_or(0);
    if (encode_.max_length == 0) encode_.truncation = Truncation::kNone;
    encode_.overflow = options.return_overflowing_tokens;
    encode_.stride = options.stride;
  }
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  size_t work(size_t input) override;
  Encoding encode(const TokenizerInput& input) const;
  size_t padded_length() const;
  template <typename Append>
  std::vector<int32_t> rows(size_t width, int32_t blank, const Append& append) const;

  const Tokenizer& tokenizer_;
  TokenizerOptions options_;
  PaddingRules padding_;
  EncodeOptions encode_;
  std::vector<TokenizerInput> inputs_;  // each emptied once encoded
  std::vector<Encoding> rows_;          // without their overflow, which are rows too
  std::vector<size_t> samples_;         // the input of each row
  size_t longest_ = 0;                  // row, but for further windows
};

Encoding EncodingJob::encode(const TokenizerInput& input) const {
  if (!options_.is_split_into_words) return tokenizer_.encode(input.text, input.pair, encode_);
  const std::vector<std::string_view> words(input.words.begin(), input.words.end());
  return tokenizer_.encode_words(words, encode_);
}

size_t EncodingJob::work(size_t index) {
  TokenizerInput input = std::move(inputs_[index]);
  Encoding encoding;
  try {
    encoding = encode(input);
  } catch (const Error& error) {
    throw Error(error.code(), "inputs[" + std::to_string(index) + "]: " + error.what());
  }
  std::vector<Encoding> overflow = std::move(encoding.overflow);
  longest_ = std::max(longest_, encoding.ids.size());
  rows_.push_back(std::move(encoding));
  for (Encoding& window : overflow) rows_.push_back(std::move(window));
  samples_.resize(rows_.size(), index);
  return input.text.size() + 8 * input.words.size();
}

// As in `tokenizers`: further windows have no say, and longer rows stay as they are.
size_t EncodingJob::padded_length() const {
  if (options_.padding == Padding::kNone) return 0;
  size_t length = longest_;
  if (options_.padding == Padding::kMaxLength) length = static_cast<size_t>(*options_.max_length);
  const auto multiple = static_cast<size_t>(options_.pad_to_multiple_of.value_or(1));
  return (length + multiple - 1) / multiple * multiple;
}

// All rows, one after the other.
// @param width   numbers of a token
// @param blank   that of padding
// @param append  appends those of the tokens of a row
template <typename Append>
std::vector<int32_t> EncodingJob::rows(size_t width, int32_t blank, const Append& append) const {
  const size_t length = padded_length();
  std::vector<int32_t> all;
  for (const Encoding& row : rows_) {
    const size_t size = row.ids.size();
    const size_t padding = (size < length ? length - size : 0) * width;
    const bool left = options_.padding_side == PaddingSide::kLeft;
    if (left) all.insert(all.end(), padding, blank);
    append(row, all);
    if (!left) all.insert(all.end(), padding, blank);
  }
  return all;
}

// Numbers are attached: arrays of all rows, and "lengths", those of the rows.
void EncodingJob::write_result(JsonWriter& writer, Attachments& attachments) const {
  using Numbers = std::vector<int32_t>;
  const auto copy = [](const auto& from, Numbers& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  const auto attach = [&](const char* key, Numbers numbers) {
    writer.key(key);
    attachments.write(writer, std::move(numbers));
  };
  writer.begin_object();
  Numbers lengths;
  for (const Encoding& row : rows_) {
    lengths.push_back(static_cast<int32_t>(std::max(row.ids.size(), padded_length())));
  }
  attach("lengths", std::move(lengths));
  attach("input_ids",
         rows(1, padding_.token, [&](const Encoding& row, Numbers& to) { copy(row.ids, to); }));
  if (*options_.return_token_type_ids) {
    attach("token_type_ids", rows(1, padding_.type_id, [&](const Encoding& row, Numbers& to) {
             copy(row.type_ids, to);
           }));
  }
  if (*options_.return_attention_mask) {
    attach("attention_mask", rows(1, 0, [](const Encoding& row, Numbers& to) {
             to.insert(to.end(), row.ids.size(), 1);
           }));
  }
  if (options_.return_special_tokens_mask) {
    attach("special_tokens_mask",
           rows(1, 1, [&](const Encoding& row, Numbers& to) { copy(row.special, to); }));
  }
  if (options_.return_offsets_mapping) {
    attach("offset_mapping", rows(2, 0, [](const Encoding& row, Numbers& to) {
             for (size_t i = 0; i < row.ids.size(); ++i) {
               to.push_back(static_cast<int32_t>(row.starts[i]));
               to.push_back(static_cast<int32_t>(row.ends[i]));
             }
           }));
  }
  if (options_.return_overflowing_tokens) {
    attach("overflow_to_sample_mapping", Numbers(samples_.begin(), samples_.end()));
  }
  writer.end_object();
}

int32_t read_id(Json value) {
  if (!value.is_integer() || value.as_double() < 0 || value.as_double() > kMaxTokenId) {
    throw Error(ErrorCode::kInvalidArgument,
                "An id of a token is a whole number from 0 to 16777215.");
  }
  return static_cast<int32_t>(value.as_int());
}

// Texts of sequences of ids.
class DecodingJob final : public TokenizerJob {
 public:
  DecodingJob(const Tokenizer& tokenizer, bool skip, std::vector<std::vector<int32_t>> ids)
      : TokenizerJob(ids.size()), tokenizer_(tokenizer), skip_(skip), ids_(std::move(ids)) {}
  void write_result(JsonWriter& writer, Attachments&) const override {
    writer.begin_array();
    for (const std::string& text : texts_) writer.string(text);
    writer.end_array();
  }

 private:
  size_t work(size_t input) override {
    texts_.push_back(tokenizer_.decode(ids_[input], skip_));
    return texts_.back().size();
  }

  const Tokenizer& tokenizer_;
  bool skip_;
  std::vector<std::vector<int32_t>> ids_;
  std::vector<std::string> texts_;
};

// Tokens looked up, which is done when the job is made: it only holds what was found.
class LookupJob final : public TokenizerJob {
 public:
  /// One of the two is empty.
  LookupJob(std::vector<int32_t> ids, std::vector<std::string> tokens)
      : TokenizerJob(ids.size() + tokens.size()),
        ids_(std::move(ids)),
        tokens_(std::move(tokens)) {}
  void write_result(JsonWriter& writer, Attachments&) const override {
    writer.begin_array();
    for (const int32_t id : ids_) {
      id < 0 ? writer.null() : writer.integer(id);
    }
    for (const std::string& token : tokens_) {
      token.empty() ? writer.null() : writer.string(token);
    }
    writer.end_array();
  }

 private:
  size_t work(size_t) override { return 0; }

  std::vector<int32_t> ids_;
  std::vector<std::string> tokens_;
};

}  // namespace

std::unique_ptr<Job> make_encoding_job(const Tokenizer& tokenizer, TokenizerOptions options,
                                       PaddingRules padding, std::vector<TokenizerInput> inputs) {
  return std::make_unique<EncodingJob>(tokenizer, options, padding, std::move(inputs));
}

std::unique_ptr<Job> make_decoding_job(const Tokenizer& tokenizer, Json request) {
  DecodeOptions options;
  const std::optional<Json> given = request_options(request, "action");
  if (given) read_options(*given, options);
  const Json inputs = request.at("inputs");
  std::vector<std::vector<int32_t>> ids(inputs.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const Json input = inputs.at(i);
    for (size_t k = 0; k < input.size(); ++k) ids[i].push_back(read_id(input.at(k)));
  }
  return std::make_unique<DecodingJob>(tokenizer, options.skip_special_tokens, std::move(ids));
}

std::unique_ptr<Job> make_ids_job(const Tokenizer& tokenizer, int32_t unknown, Json request) {
  std::vector<int32_t> ids;
  for (const TextInput& input : read_inputs(request, false)) {
    const int32_t id = tokenizer.token_id(input.text);
    ids.push_back(id < 0 ? unknown : id);
  }
  return std::make_unique<LookupJob>(std::move(ids), std::vector<std::string>());
}

std::unique_ptr<Job> make_tokens_job(const Tokenizer& tokenizer, Json request) {
  const Json inputs = request.at("inputs");
  std::vector<std::string> tokens;
  for (size_t i = 0; i < inputs.size(); ++i) {
    tokens.push_back(tokenizer.token(read_id(inputs.at(i))));
  }
  return std::make_unique<LookupJob>(std::vector<int32_t>(), std::move(tokens));
}

}  // namespace dragoman
