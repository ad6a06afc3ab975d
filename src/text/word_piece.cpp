// WordPiece: the longest vocabulary entry that fits, again and again.
#include <utility>

#include "text/cached_model.hpp"
#include "text/utf8_word.hpp"

namespace dragoman {

namespace {

class WordPiece final : public CachedModel {
 public:
  WordPiece(Vocab vocab, const WordPieceOptions& options)
      : vocab_(std::move(vocab)),
        options_(options),
        unk_id_(vocab_.find(options_.unk_token)),
        prefix_hash_(Vocab::hash(options_.continuing_subword_prefix)) {}

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
  uint32_t prefix_hash_;
  mutable Utf8Word word_;
  mutable std::vector<uint32_t> hashes_;
};

// The longest token at character `begin`; its end is `begin` when none fits. Hashes are extended
// forwards once and looked up backwards, so a word costs length x longest token, not its square.
ModelToken WordPiece::longest(uint32_t begin) const {
  std::string_view prefix;
  if (begin > 0) prefix = options_.continuing_subword_prefix;
  const auto count = static_cast<uint32_t>(word_.bounds.size() - 1);
  hashes_.clear();  // of the prefix and the first i + 1 characters
  uint32_t hash = begin == 0 ? Vocab::kHashStart : prefix_hash_;
  for (uint32_t i = begin; i < count; ++i) {
    const size_t length = word_.bounds[i + 1] - word_.bounds[begin];
    // Nothing longer is in the vocabulary: words of any length take linear time.
    if (prefix.size() + length > vocab_.max_token_bytes()) break;
    hash = Vocab::hash(word_.slice(i, i + 1), hash);
    hashes_.push_back(hash);
  }
  for (auto n = static_cast<uint32_t>(hashes_.size()); n > 0; --n) {
    const int32_t id = vocab_.find(hashes_[n - 1], prefix, word_.slice(begin, begin + n));
    if (id >= 0) return {id, begin, begin + n};
  }
  return {-1, begin, begin};
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
