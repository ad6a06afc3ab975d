// BERT's words: split at white space, each punctuation character alone.
#include "base/unicode_records.hpp"
#include "text/pre_tokenizer.hpp"

namespace dragoman {

namespace {

using namespace unicode_tables;

// Appends the words of one span.
void split_word(std::u32string_view chars, Span word, std::vector<Span>& out) {
  size_t start = word.begin;
  for (size_t i = word.begin; i < word.end; ++i) {
    const char32_t c = chars[i];
    if ((c | 0x20) - 'a' < 26u || c - '0' < 10u) continue;
    const uint8_t flags = record_of(c).flags;
    const bool punctuation = (flags & kPunctuation) != 0;
    if (!punctuation && (flags & kSpace) == 0) continue;
    if (start < i) out.push_back({start, i});
    if (punctuation) out.push_back({i, i + 1});
    start = i + 1;
  }
  if (start < word.end) out.push_back({start, word.end});
}

class BertPreTokenizer final : public PreTokenizer {
 public:
  void split(NormalizedText& text, std::vector<Span>& words) const override {
    std::vector<Span> out;
    for (const Span word : words) split_word(text.chars, word, out);
    words = std::move(out);
  }
};

}  // namespace

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer() {
  return std::make_unique<BertPreTokenizer>();
}

}  // namespace dragoman
