// Tasks that generate: what the model's files say about them, and their description.
#include "tasks/text2text.hpp"

#include <algorithm>
#include <utility>

#include "tasks/generation_settings.hpp"
#include "tasks/option_reader.hpp"
#include "text/special_tokens.hpp"

namespace dragoman {

namespace {

constexpr Text2TextKind kTranslation = {"translation", "translation_text", true, false};
constexpr Text2TextKind kSummarization = {"summarization", "summary_text", true, false};
constexpr Text2TextKind kText2Text = {"text2text-generation", "generated_text", false, false};
constexpr Text2TextKind kTextGeneration = {"text-generation", "generated_text", false, true};

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

std::unique_ptr<Task> make_text_generation(const TransformerConfig& config, WeightType type) {
  return std::make_unique<Text2TextTask>(kTextGeneration, config, type);
}

Text2TextTask::Text2TextTask(const Text2TextKind& kind, const TransformerConfig& config,
                             WeightType type)
    : kind_(kind),
      model_(kind.continues ? make_causal_model(config, type) : make_seq2seq_model(config, type)),
      published_(kind.task) {}

void Text2TextTask::finish(const ModelFiles& files) {
  model_->finish();
  tokenizer_ = load_tokenizer(files, config().model_type);
  PublishedGeneration published = read_published_generation(
      files, config(), published_,
      kind_.continues ? text_generation_defaults() : text2text_defaults());
  rules_.prefix = std::move(published.prefix);
  generation_ = std::move(published.generation);
  rules_.limit =
      kind_.windows ? published_max_length(files, config().max_positions) : config().max_positions;
  check_generation_config(generation_, config().decoder_vocab_size);
  if (kind_.task == kTranslation.task) {
    languages_.read(files, published_, *tokenizer_, [&](std::string_view task) {
      return read_published_generation(files, config(), std::string(task), text2text_defaults());
    });
  }
  if (!kind_.continues) return;
  PretrainedConfig tokens(files);
  apply_class(tokens, files, config().model_type);
  info_.read(files, tokens, *tokenizer_);
}

void Text2TextTask::write_info(JsonWriter& writer) const {
  if (kind_.task == kTranslation.task) languages_.write_info(writer);
  writer.key("labels");
  writer.begin_array();
  writer.end_array();
  writer.key("max_length");
  writer.integer(rules_.limit);
  write_generation_info(writer, generation_);
  if (!kind_.continues) return;
  writer.key("tokenizer");
  writer.begin_object();
  info_.write(writer);
  writer.end_object();
}

void Text2TextTask::settle_lengths(GenerationConfig& generation) const {
  if (kind_.continues) return;  // each prompt leaves room of its own
  // The start token comes before the new ones. The last token is generated, never read, so an
  // output may have one token more than the model has positions.
  const int most = config().max_positions + 1;
  const int64_t wanted =
      generation.max_new_tokens ? int64_t{1} + *generation.max_new_tokens : generation.max_length;
  generation.max_length = static_cast<int>(std::min<int64_t>(wanted, most));
  generation.max_new_tokens.reset();
}

// The languages come first, as they may bring other settings with them.
void Text2TextTask::read_translation(const std::optional<Json>& given, Text2TextOptions& options,
                                     SourceRules& rules) const {
  TranslationOptions asked;
  asked.base = options;
  if (given) read_options(*given, asked);
  const bool forced = asked.base.generation.forced_bos_token_id.has_value();
  const LanguageChoice choice = languages_.choose(asked.src_lang, asked.tgt_lang, forced);
  if (choice.generation != nullptr) {
    asked.base.generation = *choice.generation;
    if (given) read_options(*given, asked);
  }
  options = asked.base;
  if (choice.prefix) rules.prefix = *choice.prefix;
  if (choice.source) rules.language = choice.source;
  if (choice.target) options.generation.forced_bos_token_id = choice.target;
}

void Text2TextTask::read_given(const std::optional<Json>& given,
                               TextGenerationOptions& options) const {
  if (!given) {
    options.base.merge = kind_.task == kSummarization.task;
  } else if (kind_.continues) {
    read_options(*given, options);
  } else if (kind_.task == kSummarization.task) {
    SummarizationOptions summary;
    summary.base.generation = options.base.generation;
    read_options(*given, summary);
    options.base = summary.base;
  } else {
    read_options(*given, options.base);
  }
}

std::unique_ptr<Job> Text2TextTask::start(Json request) const {
  TextGenerationOptions options;
  SourceRules rules = rules_;
  GenerationConfig& generation = options.base.generation;
  generation = generation_;
  const std::optional<Json> given = request_options(request);
  if (kind_.task == kTranslation.task) {
    read_translation(given, options.base, rules);
  } else {
    read_given(given, options);
  }
  generation.entropy = request_entropy(request);
  check_generation_config(generation, config().decoder_vocab_size);
  settle_lengths(generation);
  return std::make_unique<Text2TextJob>(kind_, *model_, *tokenizer_, rules, std::move(options),
                                        read_inputs(request, false), kept_);
}

}  // namespace dragoman
