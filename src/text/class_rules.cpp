// Added tokens, templates and languages of the fast classes.
#include "text/class_rules.hpp"

#include <algorithm>
#include <utility>

#include "text/languages.hpp"

namespace dragoman {

namespace {

using Kind = TokenizerKind;

// Llama's and Gemma's: begin and end, as tokenizer_config.json has them.
PostProcessor begin_and_end(const PretrainedConfig& config, const TokenizerStages& stages) {
  std::vector<int32_t> before;
  std::vector<int32_t> after;
  const auto add = [&](std::string_view flag, bool wanted, std::string_view key,
                       std::vector<int32_t>& ids) {
    if (!config.flag(flag).value_or(wanted)) return;
    const std::string token = config.special(key);
    if (token.empty()) {
      throw Error(ErrorCode::kTokenizerFormat, "tokenizer_config.json: " + std::string(flag) +
                                                   " is true, but there is no " + std::string(key) +
                                                   ".");
    }
    ids.push_back(require_token(stages, token));
  };
  add("add_bos_token", true, "bos_token", before);
  add("add_eos_token", false, "eos_token", after);
  return surrounded(before, after, {after, before}, 1);
}

// The language of the source before the text or behind its end.
void set_languages(const PretrainedConfig& config, Kind kind, TokenizerStages& stages) {
  for (const std::string& code : known_languages(config, kind)) {
    const int32_t id = find_token(stages, language_token(kind, code));
    if (id >= 0) stages.languages.push_back({code, id});
  }
  const std::string source = config.text("src_lang", default_language(kind));
  const int32_t id = require_token(stages, language_token(kind, source));
  const int32_t end = require_token(stages, config.special("eos_token"));
  const bool behind = kind == Kind::kMbart ||
                      (kind == Kind::kNllb && config.flag("legacy_behaviour").value_or(false));
  stages.post_processor =
      behind ? surrounded({}, {end, id}, {}, 0) : surrounded({id}, {end}, {}, 0);
  stages.post_processor.mark_language(id);
}

}  // namespace

int32_t find_token(const TokenizerStages& stages, std::string_view content) {
  const int32_t id = stages.added.find(content);
  return id >= 0 ? id : stages.model->vocab().find(content);
}

// The reference would number a missing token behind the vocabulary, where the model has no row.
int32_t require_token(const TokenizerStages& stages, std::string_view content) {
  const int32_t id = find_token(stages, content);
  if (id >= 0) return id;
  throw Error(ErrorCode::kTokenizerFormat,
              "The tokenizer lacks its special token \"" + std::string(content) + "\".");
}

// As PreTrainedTokenizerFast does it: tokens of the files in order of id, then special tokens that
// are still missing or have flags of their own.
void add_configured(const PretrainedConfig& config, TokenizerStages& stages) {
  const std::vector<SpecialToken> special = config.special_tokens();
  const auto is_special = [&special](const AddedToken& token) {
    return token.special || std::any_of(special.begin(), special.end(), [&](const auto& other) {
             return other.content == token.content;
           });
  };
  std::vector<AddedToken> tokens;
  for (auto [id, token] : config.added_tokens()) {
    token.special = is_special(token);
    tokens.push_back(token);
  }
  for (const SpecialToken& token : special) {
    const bool listed = std::any_of(tokens.begin(), tokens.end(), [&](const AddedToken& other) {
      return other.content == token.content;
    });
    if (token.has_flags || (!listed && stages.added.find(token.content) < 0)) {
      tokens.push_back(token);
    }
  }
  stages.added.add(tokens, stages.model->vocab());
}

std::unique_ptr<Tokenizer> finish_tokenizer(const PretrainedConfig& config,
                                            const TokenizerClass& kind, TokenizerStages stages,
                                            bool clean_up) {
  switch (kind.kind) {
    case Kind::kGpt2:
    case Kind::kRoberta:
      // Their classes in `transformers` assert this.
      stages.refuses_words = !config.flag("add_prefix_space").value_or(false);
      break;
    case Kind::kLlama:
    case Kind::kGemma:
      stages.post_processor = begin_and_end(config, stages);
      break;
    case Kind::kMbart:
    case Kind::kMbart50:
    case Kind::kNllb:
    case Kind::kM2m100:
      set_languages(config, kind.kind, stages);
      break;
    default:
      break;
  }
  stages.truncation.side = config.truncation_side();
  stages.clean_up_spaces = config.flag("clean_up_tokenization_spaces").value_or(clean_up);
  return std::make_unique<PipelineTokenizer>(std::move(stages));
}

}  // namespace dragoman
