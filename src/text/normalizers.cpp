// Normalisers but for BERT's and SentencePiece's, and how any of them is made.
#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/byte_level.hpp"
#include "text/components.hpp"
#include "text/normal_forms.hpp"
#include "text/normalizer.hpp"
#include "text/pattern.hpp"

namespace dragoman {

namespace {

// A normaliser without options.
class SimpleNormalizer final : public Normalizer {
 public:
  using Function = void (*)(NormalizedText&);
  explicit SimpleNormalizer(Function function) : function_(function) {}
  void normalize(NormalizedText& text) const override { function_(text); }

 private:
  Function function_;
};

void strip_accents(NormalizedText& text) {
  text.filter([](char32_t c) { return !is_combining(c); });
}

// What SentencePiece's nmt rules did by hand before they were maps.
void clean_nmt(NormalizedText& text) {
  text.filter([](char32_t c) {
    const bool removed = (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F ||
                         c == 0x8F || c == 0x9F;
    return !removed;
  });
  for (char32_t& c : text.chars) {
    const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                       (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                       c == 0xFEFF || c == 0xFFFD;
    if (space) c = ' ';
  }
}

// Every byte becomes a character of its own.
void to_bytes(NormalizedText& text) {
  TextEdit edit;
  edit.reserve(text.size());
  std::string bytes;
  for (const char32_t c : text.chars) {
    bytes.clear();
    append_utf8(bytes, c);
    for (size_t i = 0; i < bytes.size(); ++i) {
      edit.push(byte_character(static_cast<uint8_t>(bytes[i])), i == 0 ? 0 : 1);
    }
  }
  text.apply(edit);
}

constexpr std::pair<std::string_view, SimpleNormalizer::Function> kSimple[] = {
    {"NFC", [](NormalizedText& text) { compose(text, false); }},
    {"NFD", [](NormalizedText& text) { decompose(text, false); }},
    {"NFKC", [](NormalizedText& text) { compose(text, true); }},
    {"NFKD", [](NormalizedText& text) { decompose(text, true); }},
    {"Lowercase", lower_case},
    {"StripAccents", strip_accents},
    {"Nmt", clean_nmt},
    {"ByteLevel", to_bytes},
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  void normalize(NormalizedText& text) const override {
    Span kept{0, text.size()};
    while (left_ && kept.begin < kept.end && is_white_space(text.chars[kept.begin])) ++kept.begin;
    while (right_ && kept.begin < kept.end && is_white_space(text.chars[kept.end - 1])) --kept.end;
    if (kept.end - kept.begin < text.size()) text = text.slice(kept);
  }

 private:
  bool left_;
  bool right_;
};

// All characters put in share the span of the first one of the text.
class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string_view prefix) : prefix_(to_utf32(prefix)) {}

  void normalize(NormalizedText& text) const override {
    if (text.size() == 0) return;
    text.chars.insert(0, prefix_);
    text.starts.insert(text.starts.begin(), prefix_.size(), text.starts[0]);
    text.ends.insert(text.ends.begin(), prefix_.size(), text.ends[0]);
  }

 private:
  std::u32string prefix_;
};

// What is put in has the span of the last character it replaces, as in the reference.
class Replace final : public Normalizer {
 public:
  Replace(Pattern pattern, std::string_view content)
      : pattern_(std::move(pattern)), content_(to_utf32(content)) {}

  void normalize(NormalizedText& text) const override {
    Span found;
    if (!pattern_.find(text.chars, 0, found)) return;
    NormalizedText out;
    size_t done = 0;
    do {
      out.append(text, {done, found.begin});
      for (const char32_t c : content_) {
        out.push(c, text.starts[found.end - 1], text.ends[found.end - 1]);
      }
      done = found.end;
    } while (pattern_.find(text.chars, done, found));
    out.append(text, {done, text.size()});
    text = std::move(out);
  }

 private:
  Pattern pattern_;
  std::u32string content_;
};

class NormalizerSequence final : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> parts)
      : parts_(std::move(parts)) {}

  void normalize(NormalizedText& text) const override {
    for (const auto& part : parts_) {
      if (part != nullptr) part->normalize(text);
    }
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

}  // namespace

// One character may become two (İ), the second of which shares its span.
void lower_case(NormalizedText& text) {
  if (std::all_of(text.chars.begin(), text.chars.end(), [](char32_t c) { return c < 0x80; })) {
    for (char32_t& c : text.chars) c = c >= 'A' && c <= 'Z' ? c + 32 : c;
    return;
  }
  TextEdit edit;
  edit.reserve(text.size());
  for (const char32_t c : text.chars) {
    append_lower_case(edit.chars, c);
    edit.changes.push_back(0);
    if (edit.changes.size() < edit.chars.size()) edit.changes.push_back(1);
  }
  text.apply(edit);
}

Pattern read_pattern(const Json& node) {
  if (node.has("String")) return Pattern::literal(node.at("String").as_string());
  return Pattern::expression(node.at("Regex").as_string());
}

std::unique_ptr<Normalizer> make_sequence(std::vector<std::unique_ptr<Normalizer>> parts) {
  return std::make_unique<NormalizerSequence>(std::move(parts));
}

std::unique_ptr<Normalizer> make_normalizer(const Json& node) {
  if (node.is_null()) return nullptr;
  const std::string type = component_type(node);
  for (const auto& [name, function] : kSimple) {
    if (type == name) return std::make_unique<SimpleNormalizer>(function);
  }
  if (type == "BertNormalizer") return make_bert_normalizer(bert_normalizer_options(node));
  if (type == "Precompiled") return read_precompiled(node);
  if (type == "Prepend") return std::make_unique<Prepend>(node.at("prepend").as_string());
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Normalizer>> parts;
    const Json list = node.at("normalizers");
    for (size_t i = 0; i < list.size(); ++i) parts.push_back(make_normalizer(list.at(i)));
    return make_sequence(std::move(parts));
  }
  if (type == "Strip") {
    return std::make_unique<Strip>(node.at("strip_left").as_bool(),
                                   node.at("strip_right").as_bool());
  }
  if (type == "Replace") {
    return std::make_unique<Replace>(read_pattern(node.at("pattern")),
                                     node.at("content").as_string());
  }
  unsupported_component("normalizer", type);
}

}  // namespace dragoman
