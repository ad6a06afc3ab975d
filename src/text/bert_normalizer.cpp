// BERT's normalisation: cleaning, spaces around ideographs, accents off, lower case.
#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/unicode_records.hpp"
#include "text/normal_forms.hpp"
#include "text/normalizer.hpp"

namespace dragoman {

namespace {

using namespace unicode_tables;

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
  explicit BertNormalizer(const BertNormalizerOptions& options)
      : options_(options), strips_(options.strip_accents.value_or(options.lowercase)) {}

  void normalize(NormalizedText& text) const override {
    if (normalize_at_once(text)) return;
    if (options_.clean_text) clean(text);
    if (options_.handle_chinese_chars) space_ideographs(text);
    if (strips_) {
      decompose(text, false);
      text.filter([](char32_t c) { return !is_nonspacing_mark(c); });
    }
    if (options_.lowercase) lower_case(text);
  }

 private:
  bool normalize_at_once(NormalizedText& text) const;
  bool append(std::u32string& out, std::u32string& parts, char32_t c) const;

  BertNormalizerOptions options_;
  bool strips_;
};

// Appends what a character that is kept becomes; false where that is for all of them together to
// say: marks that stay may have to be put in order.
// @param parts  only lends its memory
bool BertNormalizer::append(std::u32string& out, std::u32string& parts, char32_t c) const {
  if (!strips_) {
    options_.lowercase ? append_lower_case(out, c) : out.push_back(c);
    return true;
  }
  parts.clear();
  append_decomposition(parts, c);
  for (const char32_t part : parts) {
    const Record record = record_of(part);
    if ((record.flags & kMark) != 0) continue;
    if (record.combining_class != 0) return false;
    options_.lowercase ? append_lower_case(out, part) : out.push_back(part);
  }
  return true;
}

// All steps for one character after the other, as few scripts need more. What becomes of a
// character has its span. Nothing is changed where it returns false.
bool BertNormalizer::normalize_at_once(NormalizedText& text) const {
  NormalizedText out;
  out.reserve(text.size() + text.size() / 8);
  std::u32string changed;
  std::u32string parts;
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text.chars[i];
    const auto push = [&](char32_t x) { out.push(x, text.starts[i], text.ends[i]); };
    if (c - 0x20 < 0x5Fu) {
      push(options_.lowercase && c - 'A' < 26u ? c + 32 : c);
      continue;
    }
    const Record record = record_of(c);
    if (options_.clean_text) {
      if (c == 0xFFFD || (record.flags & kControl) != 0) continue;
      if ((record.flags & kSpace) != 0) {
        push(' ');
        continue;
      }
    }
    const bool spaced = options_.handle_chinese_chars && is_ideograph(c);
    const bool changes = (record.flags & (kMark | kDecomposes | kLowers)) != 0 ||
                         record.combining_class != 0 || c - 0xAC00 < 11172u;
    if (spaced) push(' ');
    if (changes) {
      changed.clear();
      if (!append(changed, parts, c)) return false;
      for (const char32_t x : changed) push(x);
    } else {
      push(c);
    }
    if (spaced) push(' ');
  }
  text = std::move(out);
  return true;
}

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
