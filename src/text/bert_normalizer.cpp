// BERT's normalisation: cleaning, spaces around ideographs, accents off, lower case.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/unicode.hpp"
#include "text/components.hpp"
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
  std::u32string out;
  std::vector<uint8_t> grown;
  for (const char32_t c : text.chars) {
    if (is_ideograph(c)) {
      out.append({' ', c, ' '});
      grown.insert(grown.end(), {0, 1, 1});
    } else {
      out.push_back(c);
      grown.push_back(0);
    }
  }
  text.replace(std::move(out), grown);
}

// Sorts the marks of [begin, end), none of which is a starter, by combining class. Marks of one
// class keep their order.
void order_marks(std::u32string& chars, std::vector<uint8_t>& grown, Span marks) {
  if (marks.end - marks.begin < 2) return;
  std::vector<std::pair<char32_t, uint8_t>> run;
  for (size_t i = marks.begin; i < marks.end; ++i) run.emplace_back(chars[i], grown[i]);
  std::stable_sort(run.begin(), run.end(), [](const auto& a, const auto& b) {
    return combining_class(a.first) < combining_class(b.first);
  });
  for (size_t i = 0; i < run.size(); ++i) {
    chars[marks.begin + i] = run[i].first;
    grown[marks.begin + i] = run[i].second;
  }
}

// Normalisation form D. Spans go by position after the marks are sorted, as in the reference.
void decompose(NormalizedText& text) {
  std::u32string out;
  std::vector<uint8_t> grown;
  out.reserve(text.size());
  grown.reserve(text.size());
  size_t run = 0;  // where the current run of marks begins
  for (const char32_t c : text.chars) {
    const size_t first = out.size();
    append_decomposition(out, c);
    for (size_t i = first; i < out.size(); ++i) {
      grown.push_back(i == first ? 0 : 1);
      if (combining_class(out[i]) != 0) continue;
      order_marks(out, grown, {run, i});
      run = i + 1;
    }
  }
  order_marks(out, grown, {run, out.size()});
  text.replace(std::move(out), grown);
}

// One character may become two (İ), the second of which shares its span.
void lower(NormalizedText& text) {
  std::u32string out;
  std::vector<uint8_t> grown;
  out.reserve(text.size());
  grown.reserve(text.size());
  for (const char32_t c : text.chars) {
    append_lower_case(out, c);
    grown.push_back(0);
    if (grown.size() < out.size()) grown.resize(out.size(), 1);
  }
  text.replace(std::move(out), grown);
}

class BertNormalizer final : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options) : options_(options) {}

  void normalize(NormalizedText& text) const override {
    if (options_.clean_text) clean(text);
    if (!is_ascii(text)) {
      if (options_.handle_chinese_chars) space_ideographs(text);
      if (options_.strip_accents.value_or(options_.lowercase)) {
        decompose(text);
        text.filter([](char32_t c) { return !is_nonspacing_mark(c); });
      }
    }
    if (options_.lowercase) lower(text);
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

std::unique_ptr<Normalizer> make_normalizer(const Json& node) {
  if (node.is_null()) return nullptr;
  const std::string type = component_type(node);
  if (type == "BertNormalizer") return make_bert_normalizer(bert_normalizer_options(node));
  unsupported_component("normalizer", type);
}

}  // namespace dragoman
