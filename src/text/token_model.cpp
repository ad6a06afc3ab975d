// Choosing a token model by tokenizer.json, and the kinds that need no file of their own.
#include <utility>

#include "base/utf.hpp"
#include "text/bpe.hpp"
#include "text/components.hpp"
#include "text/model.hpp"
#include "text/unigram.hpp"

namespace dragoman {

namespace {

// A word is a token, or unknown.
class WordLevel final : public TokenModel {
 public:
  WordLevel(Vocab vocab, std::string unk_token, const std::string& file)
      : vocab_(std::move(vocab)),
        unk_token_(std::move(unk_token)),
        unk_id_(vocab_.find(unk_token_)),
        file_(file) {}

  void tokenize(std::u32string_view word, std::vector<ModelToken>& out) const override {
    if (word.empty()) return;
    const std::string text = to_utf8(word);
    const int32_t known = vocab_.find(text);
    if (known < 0 && unk_id_ < 0) {
      throw Error(ErrorCode::kTokenizerFormat,
                  file_ + ": \"" + text +
                      "\" is not in the vocabulary, and neither is the unknown "
                      "token \"" +
                      unk_token_ + "\".");
    }
    out.push_back({known >= 0 ? known : unk_id_, 0, static_cast<uint32_t>(word.size())});
  }
  const Vocab& vocab() const override { return vocab_; }
  bool begins_word(std::string_view) const override { return true; }

 private:
  Vocab vocab_;
  std::string unk_token_;
  int32_t unk_id_;
  std::string file_;
};

// Files older than version 1.0 do not say the type; their entries tell.
std::string type_of(const Json& node) {
  std::string type = component_type(node);
  if (!type.empty()) return type;
  if (node.has("merges")) return "BPE";
  if (node.has("max_input_chars_per_word")) return "WordPiece";
  return node.at("vocab").is_array() ? "Unigram" : "WordLevel";
}

std::unique_ptr<TokenModel> read_word_piece(const Json& node, const std::string& file) {
  WordPieceOptions options;
  options.unk_token = node.get_string("unk_token", options.unk_token);
  options.continuing_subword_prefix =
      node.get_string("continuing_subword_prefix", options.continuing_subword_prefix);
  const int64_t limit = node.get_int("max_input_chars_per_word", 100);
  options.max_input_chars_per_word = limit < 0 ? 0 : static_cast<size_t>(limit);
  return make_word_piece(read_vocab(node.at("vocab"), file), options, file);
}

}  // namespace

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
  const std::string type = type_of(node);
  if (type == "BPE") return read_bpe(node, file);
  if (type == "Unigram") return read_unigram(node, file);
  if (type == "WordPiece") return read_word_piece(node, file);
  if (type != "WordLevel") unsupported_component("model", type);
  return std::make_unique<WordLevel>(read_vocab(node.at("vocab"), file),
                                     node.get_string("unk_token", "<unk>"), file);
}

}  // namespace dragoman
