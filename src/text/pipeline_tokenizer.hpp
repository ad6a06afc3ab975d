// A tokenizer put together from stages: added tokens, normaliser, pre-tokeniser, model,
// post-processor, decoder, as Python `tokenizers` arranges them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/decoder.hpp"
#include "text/model.hpp"
#include "text/normalizer.hpp"
#include "text/post_processor.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/tokenizer.hpp"
#include "text/truncation.hpp"

namespace dragoman {

/// The stages. `model` is always there, the other pointers may be null.
struct TokenizerStages {
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::unique_ptr<TokenModel> model;
  PostProcessor post_processor;
  std::unique_ptr<Decoder> decoder;
  AddedVocabulary added;
  std::vector<Language> languages;
  TruncationRules truncation;
  // Words begin with a space that texts do not get: words cut beforehand would lack it.
  bool refuses_words = false;
  bool clean_up_spaces = false;  // clean_up_tokenization_spaces of tokenizer_config.json
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerStages stages);

  Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                  const EncodeOptions& options) const override;
  std::string decode(std::span<const int32_t> ids, bool skip_special_tokens) const override {
    return decode_spaced(ids, skip_special_tokens, stages_.clean_up_spaces);
  }
  std::string decode_spaced(std::span<const int32_t> ids, bool skip_special_tokens,
                            bool clean_up) const override;
  bool cleans_up_spaces() const override { return stages_.clean_up_spaces; }
  Encoding encode_words(std::span<const std::string_view> words,
                        const EncodeOptions& options) const override;
  size_t unfinished_ids(std::span<const int32_t> ids) const override;
  int vocab_size() const override;
  int32_t token_id(std::string_view token) const override;
  std::string token(int32_t id) const override;
  std::string join(std::vector<std::string> tokens) const override;
  bool marks_subwords() const override { return stages_.model->marks_subwords(); }
  int special_tokens(bool pair) const override { return stages_.post_processor.added(pair); }
  std::span<const Language> languages() const override { return stages_.languages; }
  bool begins_word(const Encoding& encoding, size_t index) const override;

 private:
  void push_added(const NormalizedText& text, Span span, int32_t id, int32_t& word,
                  Encoding& out) const;
  void encode_text(std::string_view text, int32_t& word, Encoding& out) const;
  void encode_part(NormalizedText part, int32_t& word, Encoding& out) const;
  void encode_pieces(NormalizedText part, int32_t& word, Encoding& out) const;
  void push_white(const NormalizedText& part, std::span<const ModelToken> tokens,
                  Encoding& out) const;
  Encoding finish(Encoding first, Encoding* second, const EncodeOptions& options) const;

  TokenizerStages stages_;
};

}  // namespace dragoman
