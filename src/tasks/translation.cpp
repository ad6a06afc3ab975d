// The translation task: what the model's files say about generating, and its description.
#include "tasks/translation.hpp"

#include <algorithm>
#include <utility>

#include "tasks/option_reader.hpp"

namespace dragoman {

namespace {

constexpr int kDefaultMaxLength = 20;  // of GenerationConfig: not a limit anyone chose

// generation_config.json, or in its absence the fields that older models keep in config.json.
GenerationConfig read_generation(const ModelFiles& files, const TransformerConfig& config) {
  auto file = files.find("generation_config.json");
  if (file == files.end()) file = files.find("config.json");
  GenerationConfig generation = translation_defaults();
  const JsonDocument document(file->second, file->first, ErrorCode::kModelFormat);
  const Json json = document.root();
  generation = read_generation_config(json, generation);
  // The pipeline's own limit gives way to one that the model states, as in Python.
  const int64_t max_length = json.get_int("max_length", kDefaultMaxLength);
  if (max_length != kDefaultMaxLength && !json.has("max_new_tokens")) {
    generation.max_new_tokens.reset();
  }
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
  return std::make_unique<TranslationTask>(config, type);
}

TranslationTask::TranslationTask(const TransformerConfig& config, WeightType type)
    : model_(make_seq2seq_model(config, type)) {}

void TranslationTask::finish(const ModelFiles& files) {
  model_->finish();
  tokenizer_ = load_tokenizer(files, config().model_type);
  generation_ = read_generation(files, config());
  check_generation_config(generation_, config().decoder_vocab_size);
  read_languages(files);
}

void TranslationTask::read_languages(const ModelFiles& files) {
  const auto file = files.find("tokenizer_config.json");
  if (file == files.end()) return;
  const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
  source_language_ = document.root().get_string("source_lang", "");
  target_language_ = document.root().get_string("target_lang", "");
}

void TranslationTask::write_info(JsonWriter& writer) const {
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
  writer.integer(config().max_positions);
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

void TranslationTask::settle_lengths(GenerationConfig& generation) const {
  // The start token comes before the new ones. The last token is generated, never read, so an
  // output may have one token more than the model has positions.
  const int most = config().max_positions + 1;
  const int64_t wanted =
      generation.max_new_tokens ? int64_t{1} + *generation.max_new_tokens : generation.max_length;
  generation.max_length = static_cast<int>(std::min<int64_t>(wanted, most));
  generation.max_new_tokens.reset();
}

std::unique_ptr<Job> TranslationTask::start(Json request) const {
  TranslationOptions options;
  options.generation = generation_;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  options.generation.entropy = request_entropy(request);
  check_generation_config(options.generation, config().decoder_vocab_size);
  settle_lengths(options.generation);
  return std::make_unique<TranslationJob>(*model_, *tokenizer_, std::move(options),
                                          read_inputs(request, false));
}

}  // namespace dragoman
