// WordPiece's decoder, and the clean-up of spaces it shares with `transformers`.
#include <iterator>
#include <utility>

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

  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0 && token.starts_with(prefix_)) {
        token.erase(0, prefix_.size());
      } else if (i > 0) {
        token.insert(0, 1, ' ');
      }
      if (cleanup_) token = clean_up_word_piece(std::move(token));
    }
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

}  // namespace

// The list of `tokenizers` has one entry more, which undoes itself: " do not" to " don't".
std::string clean_up_word_piece(std::string token) {
  for (size_t i = 0; i < std::size(kCleanUp); ++i) {
    if (i == 7) token = replace_all(std::move(token), " do not", " don't");
    token = replace_all(std::move(token), kCleanUp[i].first, kCleanUp[i].second);
  }
  return token;
}

std::string clean_up_tokenization(std::string text) {
  for (const auto& [from, to] : kCleanUp) text = replace_all(std::move(text), from, to);
  return text;
}

std::unique_ptr<Decoder> make_word_piece_decoder(std::string prefix, bool cleanup) {
  return std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup);
}

}  // namespace dragoman
