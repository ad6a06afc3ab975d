// Choosing languages, family by family.
#include "tasks/translation_languages.hpp"

#include <algorithm>
#include <utility>

namespace dragoman {

namespace {

constexpr std::string_view kTaskPrefix = "translation_";
constexpr size_t kShown = 12;  // codes that a message lists

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

// The languages of "translation_en_to_fr".
std::optional<std::pair<std::string, std::string>> named_languages(std::string_view task) {
  if (!task.starts_with(kTaskPrefix)) return std::nullopt;
  task.remove_prefix(kTaskPrefix.size());
  const size_t middle = task.find("_to_");
  if (middle == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(task.substr(0, middle)), std::string(task.substr(middle + 4)));
}

// Codes near `wanted`, which begin alike, or else the first ones.
std::string listed(const std::vector<std::string>& codes, std::string_view wanted) {
  std::vector<std::string> shown;
  for (const std::string& code : codes) {
    if (code.substr(0, 2) == wanted.substr(0, 2)) shown.push_back(code);
  }
  const bool near = !shown.empty();
  if (!near) shown = codes;
  std::string text;
  for (size_t i = 0; i < std::min(shown.size(), kShown); ++i) {
    text.append(i == 0 ? "" : ", ").append(shown[i]);
  }
  if (near) return "near it are " + text;
  return "they are " + text + (shown.size() > kShown ? " and so on" : "");
}

}  // namespace

void TranslationLanguages::read(
    const TokenizerFiles& files, std::string_view task, const Tokenizer& tokenizer,
    const std::function<PublishedGeneration(std::string_view task)>& published) {
  languages_.assign(tokenizer.languages().begin(), tokenizer.languages().end());
  in_text_ = tokenizer.writes_languages();
  const auto config_file = files.find("config.json");
  const JsonDocument config(config_file->second, config_file->first, ErrorCode::kModelFormat);
  if (config.root().has("task_specific_params")) {
    config.root().at("task_specific_params").each_member([&](std::string_view name, const Json&) {
      const auto named = named_languages(name);
      if (!named) return;
      PublishedGeneration own = published(name);
      pairs_.push_back({named->first, named->second, own.prefix, own.generation});
    });
  }
  if (const auto file = files.find("tokenizer_config.json"); file != files.end()) {
    const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
    const Json root = document.root();
    const bool tokens = !languages_.empty() && !in_text_;
    source_ = root.get_string(tokens ? "src_lang" : "source_lang", "");
    target_ = root.get_string(tokens ? "tgt_lang" : "target_lang", "");
  }
  const auto named = named_languages(task);
  // Of a model for one pair of languages the task says what it is, in codes of its own; and a T5
  // may have been trained for a pair that its settings do not list.
  const auto fits = [&named](const Pair& pair) {
    return pair.from == named->first && pair.to == named->second;
  };
  const bool by_token = !languages_.empty() && !in_text_;
  if (!named || (!by_token && std::none_of(pairs_.begin(), pairs_.end(), fits))) return;
  task_from_ = named->first;
  task_to_ = named->second;
  choose({}, {}, false);
}

int32_t TranslationLanguages::find(const std::string& code, std::string_view role) const {
  std::vector<std::string> codes;
  for (const Language& language : languages_) {
    if (language.code == code) return language.id;
    codes.push_back(language.code);
  }
  refuse(std::string(role) + " is \"" + code.substr(0, 60) + "\", which is not among the " +
         std::to_string(codes.size()) + " languages of the model; " + listed(codes, code) + ".");
}

LanguageChoice TranslationLanguages::choose_tokens(const std::optional<std::string>& from,
                                                   const std::optional<std::string>& to,
                                                   bool forced) const {
  LanguageChoice choice;
  if (from) choice.source = find(*from, "src_lang");
  if (to) {
    choice.target = find(*to, "tgt_lang");
  } else if (!forced && !target_.empty()) {
    choice.target = find(target_, "tgt_lang");
  } else if (!forced) {
    std::vector<std::string> codes;
    for (const Language& language : languages_) codes.push_back(language.code);
    refuse("The model translates into " + std::to_string(codes.size()) +
           " languages; tgt_lang must name one: " + listed(codes, "  ") + ".");
  }
  return choice;
}

LanguageChoice TranslationLanguages::choose_pair(const std::optional<std::string>& from,
                                                 const std::optional<std::string>& to) const {
  std::vector<const Pair*> fitting;
  std::string all;
  for (const Pair& pair : pairs_) {
    all.append(all.empty() ? "" : ", ").append(pair.from + " to " + pair.to);
    if ((!from || pair.from == *from) && (!to || pair.to == *to)) fitting.push_back(&pair);
  }
  if (fitting.size() != 1) {
    refuse("The model translates " + all + "; " + std::to_string(fitting.size()) +
           " of these have the src_lang and tgt_lang that were given (" + from.value_or("none") +
           ", " + to.value_or("none") + ").");
  }
  return {.prefix = fitting[0]->prefix,
          .source = std::nullopt,
          .target = std::nullopt,
          .generation = &fitting[0]->generation};
}

// Marian reads the source's language from the text, and has codes only where it has several
// targets.
LanguageChoice TranslationLanguages::choose_code(const std::optional<std::string>& from,
                                                 const std::optional<std::string>& to) const {
  const auto check_own = [](const std::string& given, const std::string& own,
                            std::string_view option) {
    if (given == own) return;
    if (!own.empty()) {
      refuse(std::string(option) + " is \"" + given.substr(0, 60) + "\", but the model's is \"" +
             own + "\".");
    }
    throw Error(ErrorCode::kUnsupportedOption,
                "The option \"" + std::string(option) +
                    "\" cannot be honoured: the model has no languages to choose from.");
  };
  LanguageChoice choice;
  if (from) check_own(*from, source_, "src_lang");
  if (to && languages_.empty()) check_own(*to, target_, "tgt_lang");
  if (!to || languages_.empty()) return choice;
  find(*to, "tgt_lang");
  choice.prefix = ">>" + *to + "<< ";
  return choice;
}

LanguageChoice TranslationLanguages::choose(const std::optional<std::string>& from,
                                            const std::optional<std::string>& to,
                                            bool forced) const {
  const std::optional<std::string>& source = from ? from : task_from_;
  const std::optional<std::string>& target = to ? to : task_to_;
  if (!languages_.empty() && !in_text_) return choose_tokens(source, target, forced);
  if (!pairs_.empty() && (source || target)) return choose_pair(source, target);
  return choose_code(source, target);
}

void TranslationLanguages::write_info(JsonWriter& writer) const {
  const auto write = [&writer](std::string_view key, const std::string& code) {
    if (code.empty()) return;
    writer.key(key);
    writer.string(code);
  };
  write("source_lang", source_);
  write("target_lang", target_);
  writer.key("languages");
  writer.begin_array();
  for (const Language& language : languages_) writer.string(language.code);
  writer.end_array();
}

}  // namespace dragoman
