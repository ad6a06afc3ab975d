// Reads a request's options into the structs of its task, refusing what it cannot honour.
#pragma once

#include "base/json.hpp"
#include "tasks/encoder_options.hpp"
#include "tasks/text2text_options.hpp"
#include "tasks/tokenizer_options.hpp"

namespace dragoman {

/// Overlays the members of `options` (a JSON object, or null for none) on `target`.
/// Throws unsupported-option for an unknown name (listing similar ones) or one that cannot be
/// honoured, invalid-argument naming option, value and range for a value of the wrong type or
/// out of range.
void read_options(Json options, Text2TextOptions& target);
void read_options(Json options, TranslationOptions& target);
void read_options(Json options, SummarizationOptions& target);
void read_options(Json options, TextGenerationOptions& target);
void read_options(Json options, ClassificationOptions& target);
void read_options(Json options, ZeroShotOptions& target);
void read_options(Json options, FillMaskOptions& target);
void read_options(Json options, FeatureOptions& target);
void read_options(Json options, TokenClassificationOptions& target);
void read_options(Json options, QuestionAnsweringOptions& target);
void read_options(Json options, SemanticRoleOptions& target);
void read_options(Json options, TokenizerOptions& target);
void read_options(Json options, DecodeOptions& target);

}  // namespace dragoman
