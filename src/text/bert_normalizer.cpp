// BERT's normalisation: cleaning, spaces around ideographs, accents off, lower case.
#include <algorithm>

#include "base/unicode.hpp"
#include "text/normal_forms.hpp"
#include "text/normalizer.hpp"

namespace dragoman {

namespace {

// The CJK blocks BERT was trained with. U+2B820..U+2B91F are missing there too.
bool is_ideograph(char32_t c) {
  static constexpr char32_t kBlocks[][2] = {
      {0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
      {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F},
  };
  if (c < 0x3400) return false;
  return std::any_of(std::begin(kBlocks), std::end(kBlocks),
                     [c](const auto& block) { return c >= block[0] && c <= block[1]; });
}

// Most text in Latin script skips the passes that only other characters need.
bool is_ascii(const NormalizedText& text) {
  return std::all_of(text.chars.begin(), text.chars.end(), [](char32_t c) { return c < 0x80; });
}

// NUL is a control character, so it goes too.
void clean(NormalizedText& text) {
  text.filter([](char32_t c) { return c != 0xFFFD && !is_control(c); });
  for (char32_t& c : text.chars) {
    if (is_white_space(c)) c = ' ';
  }
}

// Both spaces share the ideograph's span; they are dropped with the other white space.
void space_ideographs(NormalizedText& text) {
  if (std::none_of(text.chars.begin(), text.chars.end(), is_ideograph)) return;
  TextEdit edit;
  for (const char32_t c : text.chars) {
    const bool spaced = is_ideograph(c);
    if (spaced) edit.push(' ', 0);
    edit.push(c, spaced ? 1 : 0);
    if (spaced) edit.push(' ', 1);
  }
  text.apply(edit);
}

class BertNormalizer final : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options) : options_(options) {}

  void normalize(NormalizedText& text) const override {
    if (options_.clean_text) clean(text);
    if (!is_ascii(text)) {
      if (options_.handle_chinese_chars) space_ideographs(text);
      if (options_.strip_accents.value_or(options_.lowercase)) {
        decompose(text, false);
        text.filter([](char32_t c) { return !is_nonspacing_mark(c); });
      }
    }
    if (options_.lowercase) lower_case(text);
  }

 private:
  BertNormalizerOptions options_;
};

}  // namespace

// Missing entries have the reference's defaults.
BertNormalizerOptions bert_normalizer_options(const Json& node) {
  BertNormalizerOptions options;
  options.clean_text = node.get_bool("clean_text", true);
  options.handle_chinese_chars = node.get_bool("handle_chinese_chars", true);
  options.lowercase = node.get_bool("lowercase", true);
  if (node.has("strip_accents")) options.strip_accents = node.at("strip_accents").as_bool();
  return options;
}

std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options) {
  return std::make_unique<BertNormalizer>(options);
}

}  // namespace dragoman
