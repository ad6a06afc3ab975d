// WordPiece: the longest vocabulary entry that fits, again and again.
#include <utility>

#include "base/utf.hpp"
#include "text/components.hpp"
#include "text/model.hpp"

namespace dragoman {

namespace {

class WordPiece final : public TokenModel {
 public:
  WordPiece(Vocab vocab, const WordPieceOptions& options)
      : vocab_(std::move(vocab)),
        options_(options),
        unk_id_(vocab_.find(options_.unk_token)),
        prefix_hash_(Vocab::hash(options_.continuing_subword_prefix)) {}

  void tokenize(std::u32string_view word, std::vector<ModelToken>& out) const override;
  const Vocab& vocab() const override { return vocab_; }
  bool begins_word(std::string_view token) const override {
    return !token.starts_with(options_.continuing_subword_prefix);
  }
  bool marks_subwords() const override { return !options_.continuing_subword_prefix.empty(); }

 private:
  // A word as UTF-8: bytes of character i are [bounds[i], bounds[i + 1]).
  struct Utf8Word {
    std::string bytes;
    std::vector<uint32_t> bounds;
  };
  ModelToken longest(const Utf8Word& word, uint32_t begin) const;

  Vocab vocab_;
  WordPieceOptions options_;
  int32_t unk_id_;
  uint32_t prefix_hash_;
};

// The longest token at character `begin`; its end is `begin` when none fits. Hashes are extended
// forwards once and looked up backwards, so a word costs length x longest token, not its square.
ModelToken WordPiece::longest(const Utf8Word& word, uint32_t begin) const {
  std::string_view prefix;
  if (begin > 0) prefix = options_.continuing_subword_prefix;
  const auto count = static_cast<uint32_t>(word.bounds.size() - 1);
  const std::string_view bytes = word.bytes;
  std::vector<uint32_t> hashes;  // of the prefix and the first i + 1 characters
  uint32_t hash = begin == 0 ? Vocab::kHashStart : prefix_hash_;
  for (uint32_t i = begin; i < count; ++i) {
    const size_t length = word.bounds[i + 1] - word.bounds[begin];
    // Nothing longer is in the vocabulary: words of any length take linear time.
    if (prefix.size() + length > vocab_.max_token_bytes()) break;
    hash = Vocab::hash(bytes.substr(word.bounds[i], word.bounds[i + 1] - word.bounds[i]), hash);
    hashes.push_back(hash);
  }
  for (auto n = static_cast<uint32_t>(hashes.size()); n > 0; --n) {
    const size_t length = word.bounds[begin + n] - word.bounds[begin];
    const int32_t id = vocab_.find(hashes[n - 1], prefix, bytes.substr(word.bounds[begin], length));
    if (id >= 0) return {id, begin, begin + n};
  }
  return {-1, begin, begin};
}

void WordPiece::tokenize(std::u32string_view word, std::vector<ModelToken>& out) const {
  const auto count = static_cast<uint32_t>(word.size());
  const size_t first = out.size();
  // One unknown token covers the whole word, as in the reference, not only the part it lacks.
  const ModelToken unknown{unk_id_, 0, count};
  if (word.size() > options_.max_input_chars_per_word) return out.push_back(unknown);
  Utf8Word utf8;
  utf8.bounds.reserve(word.size() + 1);
  for (const char32_t c : word) {
    utf8.bounds.push_back(static_cast<uint32_t>(utf8.bytes.size()));
    append_utf8(utf8.bytes, c);
  }
  utf8.bounds.push_back(static_cast<uint32_t>(utf8.bytes.size()));
  for (uint32_t begin = 0; begin < count;) {
    const ModelToken token = longest(utf8, begin);
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

Vocab read_vocab(const Json& object, const std::string& file) {
  Vocab vocab;
  object.each_member([&](std::string_view token, const Json& value) {
    const int64_t id = value.is_integer() ? value.as_int() : -1;
    if (id < 0 || id > INT32_MAX) {
      throw Error(ErrorCode::kTokenizerFormat,
                  file + ": the id of token \"" + std::string(token) +
                      "\" is not a whole number from 0 to 2147483647.");
    }
    vocab.add(token, static_cast<int32_t>(id));
  });
  vocab.finish();
  return vocab;
}

std::unique_ptr<TokenModel> make_token_model(const Json& node, const std::string& file) {
  const std::string type = component_type(node);
  // Files older than version 1.0 do not say the type; only WordPiece has this option.
  const bool untyped = type.empty() && node.has("max_input_chars_per_word");
  if (type != "WordPiece" && !untyped) unsupported_component("model", type);
  WordPieceOptions options;
  options.unk_token = node.get_string("unk_token", options.unk_token);
  options.continuing_subword_prefix =
      node.get_string("continuing_subword_prefix", options.continuing_subword_prefix);
  const int64_t limit = node.get_int("max_input_chars_per_word", 100);
  options.max_input_chars_per_word = limit < 0 ? 0 : static_cast<size_t>(limit);
  return make_word_piece(read_vocab(node.at("vocab"), file), options, file);
}

}  // namespace dragoman
