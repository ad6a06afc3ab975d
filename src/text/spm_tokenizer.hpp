// Tokenizers of Marian and M2M100: SentencePiece cuts the text, vocab.json gives the ids.
//
// Follows MarianTokenizer of `transformers` 4.57 as calling it does (its Moses normaliser is
// defined there but never called), and M2M100Tokenizer, which has no fast form either. Offsets,
// which the reference does not have, are SentencePiece's own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/pretrained_config.hpp"
#include "text/sentencepiece/spm_processor.hpp"
#include "text/special_tokens.hpp"
#include "text/tokenizer.hpp"
#include "text/truncation.hpp"
#include "text/vocab.hpp"

namespace dragoman {

class SpmTokenizer final : public Tokenizer {
 public:
  /// Files of Marian: source.spm, target.spm, vocab.json; target_vocab.json with `separate_vocabs`.
  /// Of M2M100: sentencepiece.bpe.model, vocab.json.
  /// @param kind  one of these two
  SpmTokenizer(const TokenizerFiles& files, TokenizerKind kind);

  Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                  const EncodeOptions& options) const override;
  std::string decode(std::span<const int32_t> ids, bool skip_special_tokens) const override;
  int vocab_size() const override;
  int32_t token_id(std::string_view token) const override;
  std::string token(int32_t id) const override { return std::string(token_of(id)); }
  std::string join(std::vector<std::string> tokens) const override;
  bool marks_subwords() const override { return false; }
  int special_tokens(bool) const override { return is_marian() ? 1 : 2; }
  std::span<const Language> languages() const override { return languages_; }
  bool writes_languages() const override { return is_marian(); }
  bool begins_word(const Encoding& encoding, size_t index) const override;

 private:
  // A stretch of text: an added token (id) or text to be cut.
  struct Part {
    Span span;
    int32_t id;
  };
  // In this order in the constructor: special tokens are looked up in the vocabulary.
  void load_vocab(const TokenizerFiles& files);
  void add_tokens();
  void add_languages();
  void find_codes();
  bool is_marian() const { return kind_ == TokenizerKind::kMarian; }
  const SpmProcessor& decoder() const { return target_ != nullptr ? *target_ : source_; }
  std::vector<Part> split(std::u32string_view text) const;
  Encoding encode_text(std::string_view text) const;
  void encode_part(std::u32string_view text, uint32_t offset, Encoding& out) const;
  // Id of a piece or language code, that of the unknown token when nothing has it.
  int32_t piece_id(std::string_view piece) const;
  // The token an id decodes to; the unknown token for ids that nothing has.
  std::string_view token_of(int32_t id) const;
  bool is_special(std::string_view token) const;
  bool is_separate(std::string_view token) const;
  std::string join_views(const std::vector<std::string_view>& tokens) const;

  TokenizerKind kind_;
  PretrainedConfig config_;
  SpmProcessor source_;
  std::unique_ptr<SpmProcessor> target_;  // null: the same as the source's
  Vocab vocab_;
  Vocab target_vocab_;  // only with separate vocabularies
  bool separate_vocabs_ = false;
  std::string unk_token_;
  int32_t unk_id_ = -1;
  int32_t eos_id_ = -1;
  std::vector<std::string> special_;  // contents
  std::map<int32_t, AddedToken> added_;
  std::map<std::string, int32_t, std::less<>> added_ids_;
  int extra_ = 0;  // added tokens the vocabulary lacks
  TokenMatcher matcher_;
  std::vector<Language> languages_;           // M2M100's, behind the vocabulary; Marian's, in it
  std::vector<std::string> language_tokens_;  // "__en__", one for each
  int32_t language_id_ = -1;                  // of sources where the caller does not say
};

}  // namespace dragoman
