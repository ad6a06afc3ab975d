// The tokenizer's files, its description, and its requests as far as they are read.
#include "tasks/tokenizer_task.hpp"

#include <algorithm>
#include <utility>

#include "tasks/option_reader.hpp"
#include "tasks/request.hpp"
#include "text/special_tokens.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kTokenizerConfig = "tokenizer_config.json";

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

std::string model_type_of(const ModelFiles& files) {
  const auto file = files.find(kConfig);
  if (file == files.end()) return files.contains("source.spm") ? "marian" : "";
  const JsonDocument document(file->second, file->first, ErrorCode::kModelFormat);
  return document.root().get_string("model_type", "");
}

void add_missing(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

TokenizerInput read_words(Json input, size_t index) {
  const std::string name = "inputs[" + std::to_string(index) + "]";
  if (!input.is_array()) refuse(name + " is not an array of words.");
  TokenizerInput result;
  for (size_t i = 0; i < input.size(); ++i) {
    if (!input.at(i).is_string()) refuse(name + " has a word that is not a string.");
    result.words.emplace_back(input.at(i).as_string());
  }
  return result;
}

}  // namespace

std::vector<std::string> TokenizerTask::optional_files(const ModelFiles& files) const {
  std::vector<std::string> names{std::string(kConfig)};
  const std::string type = model_type_of(files);
  // Until config.json tells the type, or where there is none, what any type may have.
  add_missing(names, tokenizer_file_names(type));
  if (type.empty() && files.empty()) return names;
  if (type.empty()) add_missing(names, tokenizer_file_names("marian"));
  return names;
}

void TokenizerTask::finish(const ModelFiles& files) {
  config_.model_type = model_type_of(files);
  tokenizer_ = load_tokenizer(files, config_.model_type);
  config_.vocab_size = tokenizer_->vocab_size();
  PretrainedConfig config(files);
  const TokenizerClass& kind = apply_class(config, files, config_.model_type);
  info_.read(files, config, *tokenizer_);
  type_ids_ = kind.type_ids;
  padding_.left = kind.pads_left;
  padding_.token = info_.id("pad_token");
  const auto file = files.find(kTokenizerConfig);
  if (file == files.end()) return;
  const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
  const Json root = document.root();
  padding_.type_id = static_cast<int32_t>(root.get_int("pad_token_type_id", 0));
  padding_.left = root.get_string("padding_side", padding_.left ? "left" : "right") == "left";
  if (!root.has("model_input_names")) return;
  const Json inputs = root.at("model_input_names");
  type_ids_ = attention_mask_ = false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    type_ids_ |= inputs.at(i).as_string() == "token_type_ids";
    attention_mask_ |= inputs.at(i).as_string() == "attention_mask";
  }
}

void TokenizerTask::write_info(JsonWriter& writer) const {
  const double longest = info_.model_max_length();
  writer.key("max_length");
  writer.integer(longest < kMaxTokens ? static_cast<int>(longest) : 0);
  writer.key("tokenizer");
  writer.begin_object();
  info_.write(writer);
  writer.end_object();
}

// What the options mean together, as in _get_padding_truncation_strategies of `transformers`; but
// what would have no effect there is refused.
void TokenizerTask::settle(TokenizerOptions& options) const {
  const bool padded = options.padding != Padding::kNone;
  if (padded && padding_.token < 0) {
    refuse("Padding was asked for, but the tokenizer has no pad token.");
  }
  if (!padded && options.pad_to_multiple_of) refuse("pad_to_multiple_of is of use with padding.");
  if (!options.truncation) {
    const bool implied = options.max_length && !padded;
    options.truncation = implied ? Truncation::kLongestFirst : Truncation::kNone;
  }
  const bool truncated = *options.truncation != Truncation::kNone;
  const double longest = info_.model_max_length();
  if (!options.max_length && longest >= 1 && longest <= kMaxTokens) {
    options.max_length = static_cast<int>(longest);
  }
  if (!options.max_length && options.padding == Padding::kMaxLength) {
    refuse("Padding to max_length needs one: the tokenizer has no model_max_length.");
  }
  if (truncated && padded && options.max_length && options.pad_to_multiple_of &&
      *options.max_length % *options.pad_to_multiple_of != 0) {
    refuse("max_length is " + std::to_string(*options.max_length) +
           ", which is no multiple of pad_to_multiple_of.");
  }
  if (!options.return_token_type_ids) options.return_token_type_ids = type_ids_;
  if (!options.return_attention_mask) options.return_attention_mask = attention_mask_;
  if (options.padding_side == PaddingSide::kByFiles) {
    options.padding_side = padding_.left ? PaddingSide::kLeft : PaddingSide::kRight;
  }
}

std::unique_ptr<Job> TokenizerTask::start_encoding(Json request) const {
  TokenizerOptions options;
  const std::optional<Json> given = request_options(request, "action");
  if (given) read_options(*given, options);
  settle(options);
  // Its class in Python gives what is cut as one list, not as windows.
  if (options.return_overflowing_tokens && config_.model_type == "marian") {
    throw Error(ErrorCode::kUnsupportedOption,
                "return_overflowing_tokens is not supported by Marian's tokenizer.");
  }
  std::vector<TokenizerInput> inputs;
  if (options.is_split_into_words) {
    const Json texts = request.at("inputs");
    for (size_t i = 0; i < texts.size(); ++i) inputs.push_back(read_words(texts.at(i), i));
  } else {
    for (TextInput& input : read_inputs(request, true)) {
      inputs.push_back({std::move(input.text), std::move(input.pair), {}});
    }
  }
  return make_encoding_job(*tokenizer_, options, padding_, std::move(inputs));
}

std::unique_ptr<Job> TokenizerTask::start(Json request) const {
  const std::string action = request.get_string("action", "encode");
  if (action == "encode") return start_encoding(request);
  if (action == "decode") return make_decoding_job(*tokenizer_, request);
  if (action == "tokens") return make_tokens_job(*tokenizer_, request);
  if (action != "ids") refuse("A tokenizer has no action \"" + action.substr(0, 60) + "\".");
  return make_ids_job(*tokenizer_, info_.id("unk_token"), request);
}

}  // namespace dragoman
