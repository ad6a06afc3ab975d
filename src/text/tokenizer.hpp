// Tokenizers: text to ids with offsets, and back.
//
// Text is UTF-8 inside the core (bytes that are not UTF-8 read as U+FFFD each); offsets are in
// UTF-16 code units of the same text, so that JavaScript's text.slice(start, end) is the span.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace dragoman {

/// Tokens of one text or pair, parallel arrays.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<uint32_t> starts;  // UTF-16 offsets into the text (or the pair's own text)
  std::vector<uint32_t> ends;
  std::vector<uint8_t> special;  // 1 for added special tokens; their offsets are 0, 0
  // Where the tokenizer has words (not Marian's): the word of each token and its text, 0 or 1; both
  // -1 for added special tokens.
  std::vector<int32_t> words;
  std::vector<int8_t> texts;
  // White space at the ends of each token; only on the way, for post-processors that trim spans.
  std::vector<std::pair<uint32_t, uint32_t>> white;
  std::vector<Encoding> overflow;  // what was cut, in windows, where it was asked for
  bool truncated = false;
};

/// Which text loses tokens, as in Python `tokenizers`.
enum class Truncation { kNone, kLongestFirst, kOnlyFirst, kOnlySecond };

struct EncodeOptions {
  bool add_special_tokens = true;
  int max_length = 0;  // special tokens included; 0 means no limit
  Truncation truncation = Truncation::kNone;
  bool overflow = false;            // keep what is cut as further windows
  int stride = 0;                   // tokens of text that a window shares with the one before it
  std::optional<int32_t> language;  // id of the source's, instead of the tokenizer's own
};

/// A language of a multilingual translator, and the token that stands for it: before (or behind)
/// sources, and as the first token of outputs.
struct Language {
  std::string code;  // "en", "en_XX", "eng_Latn"
  int32_t id;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                          const EncodeOptions& options) const = 0;
  Encoding encode(std::string_view text) const { return encode(text, std::nullopt, {}); }
  /// Tokens of a text that was cut into words beforehand: spans are those within each word, and
  /// Encoding::words its index. Throws unsupported-option where the tokenizer has no words.
  virtual Encoding encode_words(std::span<const std::string_view> words,
                                const EncodeOptions& options) const;
  /// Ids to text as Python's `decode(ids, skip_special_tokens=…)` gives it.
  virtual std::string decode(std::span<const int32_t> ids, bool skip_special_tokens) const = 0;
  /// The same with spaces before punctuation and English contractions taken away, or left, whatever
  /// the files say (clean_up_tokenization_spaces).
  virtual std::string decode_spaced(std::span<const int32_t> ids, bool skip_special_tokens,
                                    bool clean_up) const;
  /// True when decode() takes such spaces away.
  virtual bool cleans_up_spaces() const { return false; }
  virtual int vocab_size() const = 0;
  /// Id of `token`, or -1.
  virtual int32_t token_id(std::string_view token) const = 0;
  /// How the vocabulary spells the token of this id, "##ing" say; empty when nothing has it.
  virtual std::string token(int32_t id) const = 0;
  /// Spelt tokens to text as Python's `convert_tokens_to_string(tokens)` gives it.
  virtual std::string join(std::vector<std::string> tokens) const = 0;
  /// True when tokens that go on with a word are spelt with a prefix, as "##ing" is.
  virtual bool marks_subwords() const = 0;
  /// Number of special tokens added to one text (or a pair).
  virtual int special_tokens(bool pair) const = 0;
  /// Languages of which texts are tokenised as such; none for most tokenizers.
  virtual std::span<const Language> languages() const { return {}; }
  /// True where their codes are written into the text, as Marian's ">>fra<<".
  virtual bool writes_languages() const { return false; }
  /// Number of ids at the end whose text the ids that follow may still change, as they stand for
  /// bytes of a character whose rest is to come, or that only later ids may spoil: what a stream of
  /// text must hold back. Ids of special tokens have no text here.
  virtual size_t unfinished_ids(std::span<const int32_t>) const { return 0; }
  /// True when token `index` of `encoding` begins a word: long texts are split before such tokens.
  virtual bool begins_word(const Encoding& encoding, size_t index) const = 0;
};

/// Files of a model folder: name -> bytes.
using TokenizerFiles = std::map<std::string, std::string, std::less<>>;

/// Picks the kind of tokenizer by the files present and `model_type`, and builds it.
/// Throws model-incomplete naming files that lack, tokenizer-format for damaged ones,
/// unsupported-model for kinds that are not implemented.
std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerFiles& files, std::string_view model_type);

/// Names of files of a folder that load_tokenizer wants for this model type before others (a loader
/// fetches those that exist).
std::vector<std::string> tokenizer_file_names(std::string_view model_type);

/// Names of further files that it needs, once those of tokenizer_file_names that exist are there:
/// the vocabulary where there is no tokenizer.json.
std::vector<std::string> vocabulary_file_names(const TokenizerFiles& files,
                                               std::string_view model_type);

}  // namespace dragoman
