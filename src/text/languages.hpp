// Languages of multilingual translators, by the codes that their tokenizers have for them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/special_tokens.hpp"

namespace dragoman {

/// Codes in the order of the class's own list: "en" (M2M100), "en_XX" (mBART), "eng_Latn" (NLLB);
/// none for other classes.
/// @param set  language_codes of M2M100: "m2m100" or "wmt21"
std::vector<std::string> class_languages(TokenizerKind kind, std::string_view set);

/// The language that sources are in where nobody says.
std::string_view default_language(TokenizerKind kind);

/// How the vocabulary spells a code: "__en__" for M2M100's "en", for the others as it is.
std::string language_token(TokenizerKind kind, std::string_view code);

/// Codes a tokenizer may know: those of its class, and further ones among its special tokens.
std::vector<std::string> known_languages(const PretrainedConfig& config, TokenizerKind kind);

}  // namespace dragoman
