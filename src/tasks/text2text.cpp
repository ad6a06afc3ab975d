// Tasks of encoder-decoders: what the model's files say about generating, and its description.
#include "tasks/text2text.hpp"

#include <algorithm>
#include <utility>

#include "tasks/option_reader.hpp"

namespace dragoman {

namespace {

constexpr Text2TextKind kTranslation = {"translation", "translation_text", true};
constexpr Text2TextKind kSummarization = {"summarization", "summary_text", true};
constexpr Text2TextKind kText2Text = {"text2text-generation", "generated_text", false};

constexpr int kDefaultMaxLength = 20;  // of GenerationConfig: not a limit anyone chose

// What a model of several tasks says about one of them: T5's "translation_en_to_fr" and its like.
std::optional<Json> own_settings(Json config, const std::string& task) {
  if (!config.has("task_specific_params")) return std::nullopt;
  const Json all = config.at("task_specific_params");
  if (!all.has(task)) return std::nullopt;
  return all.at(task);
}

// A limit named here replaces the one of the other name, as everywhere.
GenerationConfig overlay_own(Json own, GenerationConfig generation) {
  if (own.has("max_length") && !own.has("max_new_tokens")) generation.max_new_tokens.reset();
  return read_generation_config(own, generation);
}

// generation_config.json, or in its absence the fields that older models keep in config.json.
GenerationConfig read_generation(const ModelFiles& files, const TransformerConfig& config,
                                 std::optional<Json> own) {
  auto file = files.find("generation_config.json");
  if (file == files.end()) file = files.find("config.json");
  GenerationConfig generation = text2text_defaults();
  const JsonDocument document(file->second, file->first, ErrorCode::kModelFormat);
  const Json json = document.root();
  generation = read_generation_config(json, generation);
  // The pipeline's own limit gives way to one that the model states, as in Python.
  const int64_t max_length = json.get_int("max_length", kDefaultMaxLength);
  if (max_length != kDefaultMaxLength && !json.has("max_new_tokens")) {
    generation.max_new_tokens.reset();
  }
  if (own) generation = overlay_own(*own, generation);
  if (generation.eos_token_id.empty() && config.eos_token_id >= 0) {
    generation.eos_token_id = {config.eos_token_id};
  }
  if (!generation.pad_token_id && config.pad_token_id >= 0) {
    generation.pad_token_id = config.pad_token_id;
  }
  if (!generation.decoder_start_token_id && config.decoder_start_token_id >= 0) {
    generation.decoder_start_token_id = config.decoder_start_token_id;
  }
  return generation;
}

void write_lengths(JsonWriter& writer, const GenerationConfig& generation) {
  if (generation.max_new_tokens) {
    writer.key("max_new_tokens");
    writer.integer(*generation.max_new_tokens);
  } else {
    writer.key("max_length");
    writer.integer(generation.max_length);
  }
  writer.key("min_length");
  writer.integer(generation.min_length);
}

void write_early_stopping(JsonWriter& writer, EarlyStopping value) {
  writer.key("early_stopping");
  if (value == EarlyStopping::kNever) {
    writer.string("never");
  } else {
    writer.boolean(value == EarlyStopping::kTrue);
  }
}

}  // namespace

std::unique_ptr<Task> make_translation(const TransformerConfig& config, WeightType type) {
  return std::make_unique<Text2TextTask>(kTranslation, config, type);
}

std::unique_ptr<Task> make_summarization(const TransformerConfig& config, WeightType type) {
  return std::make_unique<Text2TextTask>(kSummarization, config, type);
}

std::unique_ptr<Task> make_text2text(const TransformerConfig& config, WeightType type) {
  return std::make_unique<Text2TextTask>(kText2Text, config, type);
}

Text2TextTask::Text2TextTask(const Text2TextKind& kind, const TransformerConfig& config,
                             WeightType type)
    : kind_(kind), model_(make_seq2seq_model(config, type)), published_(kind.task) {}

void Text2TextTask::finish(const ModelFiles& files) {
  model_->finish();
  tokenizer_ = load_tokenizer(files, config().model_type);
  const JsonDocument document(files.find("config.json")->second, "config.json",
                              ErrorCode::kModelFormat);
  const std::optional<Json> own = own_settings(document.root(), published_);
  rules_.prefix = own ? own->get_string("prefix", "") : "";
  if (rules_.prefix.empty()) rules_.prefix = document.root().get_string("prefix", "");
  rules_.limit =
      kind_.windows ? published_max_length(files, config().max_positions) : config().max_positions;
  generation_ = read_generation(files, config(), own);
  check_generation_config(generation_, config().decoder_vocab_size);
  read_languages(files);
}

void Text2TextTask::read_languages(const ModelFiles& files) {
  const auto file = files.find("tokenizer_config.json");
  if (file == files.end()) return;
  const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
  source_language_ = document.root().get_string("source_lang", "");
  target_language_ = document.root().get_string("target_lang", "");
}

void Text2TextTask::write_info(JsonWriter& writer) const {
  if (!source_language_.empty()) {
    writer.key("source_lang");
    writer.string(source_language_);
  }
  if (!target_language_.empty()) {
    writer.key("target_lang");
    writer.string(target_language_);
  }
  writer.key("labels");
  writer.begin_array();
  writer.end_array();
  writer.key("max_length");
  writer.integer(rules_.limit);
  writer.key("generation");
  writer.begin_object();
  writer.key("num_beams");
  writer.integer(generation_.num_beams);
  write_lengths(writer, generation_);
  write_early_stopping(writer, generation_.early_stopping);
  writer.key("length_penalty");
  writer.number(static_cast<double>(generation_.length_penalty));
  writer.end_object();
}

void Text2TextTask::settle_lengths(GenerationConfig& generation) const {
  // The start token comes before the new ones. The last token is generated, never read, so an
  // output may have one token more than the model has positions.
  const int most = config().max_positions + 1;
  const int64_t wanted =
      generation.max_new_tokens ? int64_t{1} + *generation.max_new_tokens : generation.max_length;
  generation.max_length = static_cast<int>(std::min<int64_t>(wanted, most));
  generation.max_new_tokens.reset();
}

void Text2TextTask::read_given(std::optional<Json> given, Text2TextOptions& options) const {
  if (kind_.task != kSummarization.task) {
    if (given) read_options(*given, options);
    return;
  }
  SummarizationOptions summary;
  summary.base.generation = options.generation;
  if (given) read_options(*given, summary);
  options = summary.base;
}

std::unique_ptr<Job> Text2TextTask::start(Json request) const {
  Text2TextOptions options;
  options.generation = generation_;
  read_given(request_options(request), options);
  options.generation.entropy = request_entropy(request);
  check_generation_config(options.generation, config().decoder_vocab_size);
  settle_lengths(options.generation);
  return std::make_unique<Text2TextJob>(kind_, *model_, *tokenizer_, rules_, std::move(options),
                                        read_inputs(request, false));
}

}  // namespace dragoman
