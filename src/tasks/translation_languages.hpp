// How a translator is told its languages, which differs by family: a token before the source and
// one that begins the output (M2M100, NLLB, mBART), a code in the text (Marian's ">>fra<<"), or a
// task of its own with a prefix (T5's "translate English to French: ").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "tasks/generation_settings.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// What the languages of a request change.
struct LanguageChoice {
  std::optional<std::string> prefix;             // of sources, instead of the model's own
  std::optional<int32_t> source;                 // EncodeOptions::language
  std::optional<int32_t> target;                 // the first token of outputs
  const GenerationConfig* generation = nullptr;  // instead of the model's own
};

class TranslationLanguages {
 public:
  /// @param task       as it was asked for; "translation_en_to_fr" names the languages of all
  ///                   requests that do not
  /// @param published  gives what config.json's task_specific_params say of a task, T5's for one
  /// Throws invalid-argument when the task names languages that the model lacks.
  void read(const TokenizerFiles& files, std::string_view task, const Tokenizer& tokenizer,
            const std::function<PublishedGeneration(std::string_view task)>& published);

  /// @param from, to  as the request names them
  /// @param forced    whether the first token of outputs is settled without them
  /// Throws invalid-argument for languages that the model lacks, and where a target must be named.
  LanguageChoice choose(const std::optional<std::string>& from,
                        const std::optional<std::string>& to, bool forced) const;

  /// Writes "source_lang" and "target_lang", where the model has one, and "languages", its codes.
  void write_info(JsonWriter& writer) const;

 private:
  // A task of T5.
  struct Pair {
    std::string from;
    std::string to;
    std::string prefix;
    GenerationConfig generation;
  };
  int32_t find(const std::string& code, std::string_view role) const;
  LanguageChoice choose_tokens(const std::optional<std::string>& from,
                               const std::optional<std::string>& to, bool forced) const;
  LanguageChoice choose_pair(const std::optional<std::string>& from,
                             const std::optional<std::string>& to) const;
  LanguageChoice choose_code(const std::optional<std::string>& from,
                             const std::optional<std::string>& to) const;

  std::vector<Language> languages_;
  bool in_text_ = false;  // the codes are written into the text
  std::vector<Pair> pairs_;
  std::string source_;  // the model's own, as tokenizer_config.json has it ("en", "eng"), or empty
  std::string target_;
  std::optional<std::string> task_from_;  // as the task names them
  std::optional<std::string> task_to_;
};

}  // namespace dragoman
