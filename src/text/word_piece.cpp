// WordPiece: the longest vocabulary entry that fits, again and again.
#include <utility>

#include "text/cached_model.hpp"
#include "text/sentencepiece/piece_trie.hpp"
#include "text/utf8_word.hpp"

namespace dragoman {

namespace {

class WordPiece final : public CachedModel {
 public:
  WordPiece(Vocab vocab, const WordPieceOptions& options);

  const Vocab& vocab() const override { return vocab_; }
  bool begins_word(std::string_view token) const override {
    return !token.starts_with(options_.continuing_subword_prefix);
  }
  bool marks_subwords() const override { return !options_.continuing_subword_prefix.empty(); }

 private:
  void compute(std::u32string_view word, std::vector<ModelToken>& out) const override;
  ModelToken longest(uint32_t begin) const;

  Vocab vocab_;
  WordPieceOptions options_;
  int32_t unk_id_;
  PieceTrie trie_;
  uint32_t continuing_ = PieceTrie::kRoot;  // where tokens that go on with a word begin
  bool continues_ = true;                   // whether there are any
  mutable Utf8Word word_;
};

WordPiece::WordPiece(Vocab vocab, const WordPieceOptions& options)
    : vocab_(std::move(vocab)), options_(options), unk_id_(vocab_.find(options_.unk_token)) {
  trie_.build(vocab_.keys());
  for (const char c : options_.continuing_subword_prefix) {
    continues_ = continues_ && trie_.step(continuing_, static_cast<uint8_t>(c));
  }
}

// The longest token at character `begin`; its end is `begin` when none fits. Tokens that end inside
// a character fit nothing.
ModelToken WordPiece::longest(uint32_t begin) const {
  ModelToken best{-1, begin, begin};
  if (begin > 0 && !continues_) return best;
  uint32_t node = begin > 0 ? continuing_ : PieceTrie::kRoot;
  const auto count = static_cast<uint32_t>(word_.bounds.size() - 1);
  for (uint32_t i = begin; i < count; ++i) {
    for (const char c : word_.slice(i, i + 1)) {
      if (!trie_.step(node, static_cast<uint8_t>(c))) return best;
    }
    const int32_t id = trie_.value(node);
    if (id >= 0) best = {id, begin, i + 1};
  }
  return best;
}

void WordPiece::compute(std::u32string_view word, std::vector<ModelToken>& out) const {
  const auto count = static_cast<uint32_t>(word.size());
  const size_t first = out.size();
  // One unknown token covers the whole word, as in the reference, not only the part it lacks.
  const ModelToken unknown{unk_id_, 0, count};
  if (word.size() > options_.max_input_chars_per_word) return out.push_back(unknown);
  word_.assign(word);
  for (uint32_t begin = 0; begin < count;) {
    const ModelToken token = longest(begin);
    if (token.id < 0) {
      out.resize(first);
      return out.push_back(unknown);
    }
    out.push_back(token);
    begin = token.end;
  }
}

}  // namespace

std::unique_ptr<TokenModel> make_word_piece(Vocab vocab, const WordPieceOptions& options,
                                            const std::string& file) {
  if (vocab.find(options.unk_token) < 0) {
    throw Error(ErrorCode::kTokenizerFormat, file + ": the unknown token \"" + options.unk_token +
                                                 "\" is not in the vocabulary.");
  }
  return std::make_unique<WordPiece>(std::move(vocab), options);
}

}  // namespace dragoman
