// The options of tasks that make a text out of one, each field with its line: see field_note.hpp.
#pragma once

#include <optional>
#include <string>

#include "tasks/generation_options.hpp"

namespace dragoman {

struct Text2TextOptions {
  GenerationConfig generation = text2text_defaults();
  bool truncation = false;
  bool merge = false;
  bool stream = false;
};

/// The same with what only a translation can be asked for.
struct TranslationOptions {
  Text2TextOptions base = {};
  std::optional<std::string> src_lang;
  std::optional<std::string> tgt_lang;
};

/// The same with what only a summary can be asked for.
struct SummarizationOptions {
  Text2TextOptions base = {.merge = true};
};

/// Options of texts that go on.
struct TextGenerationOptions {
  Text2TextOptions base = {.generation = text_generation_defaults()};
  bool add_special_tokens = true;
  bool reuse_cache = true;
};

template <typename Visit>
void visit_fields(Text2TextOptions& options, Visit&& visit) {
  visit_generation_fields(options.generation, visit);
  visit("decoder_start_token_id", options.generation.decoder_start_token_id,
        FieldNote{"Token that the decoder starts from.", 0, kMaxTokenId, true});
  visit("truncation", options.truncation,
        FieldNote{"Cuts what is too long for the model instead of refusing it: of translations and "
                  "summaries a single word, as longer texts are split between words."});
  visit("stream", options.stream, FieldNote{"Progress reports carry the outputs so far."});
}

template <typename Visit>
void visit_fields(TranslationOptions& options, Visit&& visit) {
  visit_fields(options.base, visit);
  visit("src_lang", options.src_lang,
        FieldNote{"Language of the texts, by the model's own code: `'en'` (M2M100, T5), `'en_XX'` "
                  "(mBART), `'eng_Latn'` (NLLB)."});
  visit("tgt_lang", options.tgt_lang,
        FieldNote{"Language to translate into, by the model's own code; of Marian's models with "
                  "several targets what stands in their `>>fra<<`."});
}

template <typename Visit>
void visit_fields(SummarizationOptions& options, Visit&& visit) {
  visit_fields(options.base, visit);
  visit("merge", options.base.merge,
        FieldNote{"A text longer than the model takes is summarised in parts; their summaries are "
                  "summarised again, or with `false` returned one after the other."});
}

template <typename Visit>
void visit_fields(TextGenerationOptions& options, Visit&& visit) {
  visit_generation_fields(options.base.generation, visit);
  visit("add_special_tokens", options.add_special_tokens,
        FieldNote{"The tokens that begin and end texts for the model are put in. Chats have them "
                  "from their template."});
  visit("reuse_cache", options.reuse_cache,
        FieldNote{"A single prompt begins with what was computed for the last one, as far as both "
                  "have the same tokens, and leaves its own for the next: up to 128 MB are kept "
                  "until then. Beams and several samples do neither."});
  visit("stream", options.base.stream, FieldNote{"Progress reports carry the outputs so far."});
}

}  // namespace dragoman
