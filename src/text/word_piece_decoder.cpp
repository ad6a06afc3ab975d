// WordPiece's decoder, and the clean-up of spaces it shares with `transformers`.
#include <iterator>
#include <utility>

#include "text/components.hpp"
#include "text/decoder.hpp"
#include "text/strings.hpp"

namespace dragoman {

namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

// Each pair over the whole text, in this order, as chained replacements do.
constexpr Replacement kCleanUp[] = {
    {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
    {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

class WordPieceDecoder final : public Decoder {
 public:
  WordPieceDecoder(std::string prefix, bool cleanup)
      : prefix_(std::move(prefix)), cleanup_(cleanup) {}

  std::string decode(const std::vector<std::string_view>& tokens) const override {
    std::string out;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const bool continues = i > 0 && tokens[i].starts_with(prefix_);
      std::string token(continues ? tokens[i].substr(prefix_.size()) : tokens[i]);
      if (i > 0 && !continues) token.insert(0, 1, ' ');
      out += cleanup_ ? clean(std::move(token)) : token;
    }
    return out;
  }

 private:
  // Token by token, so only what lies within one token with its space. The list of `tokenizers`
  // has one entry more, which undoes itself: " do not" to " don't".
  static std::string clean(std::string token) {
    for (size_t i = 0; i < std::size(kCleanUp); ++i) {
      if (i == 7) token = replace_all(std::move(token), " do not", " don't");
      token = replace_all(std::move(token), kCleanUp[i].first, kCleanUp[i].second);
    }
    return token;
  }

  std::string prefix_;
  bool cleanup_;
};

}  // namespace

std::string clean_up_tokenization(std::string text) {
  for (const auto& [from, to] : kCleanUp) text = replace_all(std::move(text), from, to);
  return text;
}

std::unique_ptr<Decoder> make_word_piece_decoder(std::string prefix, bool cleanup) {
  return std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup);
}

std::unique_ptr<Decoder> make_decoder(const Json& node) {
  if (node.is_null()) return nullptr;
  const std::string type = component_type(node);
  if (type == "WordPiece") {
    return make_word_piece_decoder(node.get_string("prefix", "##"), node.get_bool("cleanup", true));
  }
  unsupported_component("decoder", type);
}

}  // namespace dragoman
