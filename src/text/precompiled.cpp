// SentencePiece's character maps as `tokenizers` applies them.
//
// SentencePiece itself takes the longest rule at every place; see sentencepiece/spm_normalizer.hpp.
#include <array>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/components.hpp"
#include "text/normalizer.hpp"
#include "text/sentencepiece/charsmap.hpp"

namespace dragoman {

namespace {

constexpr const char* kFile = "tokenizer.json";

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

std::string from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) {
      throw Error(ErrorCode::kTokenizerFormat,
                  std::string(kFile) + ": precompiled_charsmap is not in base 64.");
    }
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return bytes;
}

enum class Jamo : uint8_t { kNone, kLeading, kVowel, kTrailing, kOpen, kClosed };

Jamo jamo(char32_t c) {
  if ((c >= 0x1100 && c <= 0x115F) || (c >= 0xA960 && c <= 0xA97C)) return Jamo::kLeading;
  if ((c >= 0x1160 && c <= 0x11A7) || (c >= 0xD7B0 && c <= 0xD7C6)) return Jamo::kVowel;
  if ((c >= 0x11A8 && c <= 0x11FF) || (c >= 0xD7CB && c <= 0xD7FB)) return Jamo::kTrailing;
  if (c - 0xAC00 >= 11172) return Jamo::kNone;
  return (c - 0xAC00) % 28 == 0 ? Jamo::kOpen : Jamo::kClosed;
}

bool hangul_joins(char32_t before, char32_t c) {
  const Jamo a = jamo(before);
  const Jamo b = jamo(c);
  if (a == Jamo::kLeading) return b != Jamo::kNone && b != Jamo::kTrailing;
  if (a == Jamo::kVowel || a == Jamo::kOpen) return b == Jamo::kVowel || b == Jamo::kTrailing;
  return (a == Jamo::kTrailing || a == Jamo::kClosed) && b == Jamo::kTrailing;
}

// Whether `c` belongs to the cluster that `before` ends. Flags and conjuncts of Indic scripts are
// not looked for: such clusters are never as short as the rules for clusters ask.
bool joins(char32_t before, char32_t c) {
  if (before == '\r' && c == '\n') return true;
  const Cluster a = cluster_class(before);
  const Cluster b = cluster_class(c);
  if (a == Cluster::kControl || b == Cluster::kControl) return false;
  return b == Cluster::kExtend || a == Cluster::kPrepend || hangul_joins(before, c);
}

class Precompiled final : public Normalizer {
 public:
  Precompiled(std::string_view blob, const std::string& file) : charsmap_(blob, file) {
    for (size_t c = 0; c < ascii_.size(); ++c) {
      const char byte = static_cast<char>(c);
      ascii_[c] = charsmap_.shortest({&byte, 1}).has_value();
    }
  }

  void normalize(NormalizedText& text) const override {
    TextEdit edit;
    edit.reserve(text.size());
    bool modified = false;
    std::string bytes;
    for (size_t begin = 0; begin < text.size();) {
      const char32_t c = text.chars[begin];
      const bool last = begin + 1 == text.size();
      // Most clusters are one character, and most of those ASCII.
      if (c >= ' ' && c < 0x7F && (last || text.chars[begin + 1] < 0x80)) {
        if (ascii_[c]) {
          modified = apply(text, {begin, begin + 1}, edit, bytes) || modified;
        } else {
          edit.push(c, 0);
        }
        ++begin;
        continue;
      }
      size_t end = begin + 1;
      while (end < text.size() && joins(text.chars[end - 1], text.chars[end])) ++end;
      if (add_cluster(text, {begin, end}, edit, bytes)) modified = true;
      begin = end;
    }
    if (modified) text.apply(edit);
  }

 private:
  static constexpr size_t kMaxClusterBytes = 5;

  bool add_cluster(const NormalizedText& text, Span span, TextEdit& edit,
                   std::string& bytes) const {
    if (span.end - span.begin > 1 && apply(text, span, edit, bytes)) return true;
    bool modified = false;
    for (size_t i = span.begin; i < span.end; ++i) {
      if (apply(text, {i, i + 1}, edit, bytes)) {
        modified = true;
      } else {
        edit.push(text.chars[i], 0);
      }
    }
    return modified;
  }

  // Appends what a rule makes of a part; false when there is none.
  // @param bytes  only lends its memory
  bool apply(const NormalizedText& text, Span span, TextEdit& edit, std::string& bytes) const {
    bytes.clear();
    for (size_t i = span.begin; i < span.end && bytes.size() <= kMaxClusterBytes; ++i) {
      append_utf8(bytes, text.chars[i]);
    }
    if (bytes.size() > kMaxClusterBytes) return false;
    const auto rule = charsmap_.shortest(bytes);
    if (!rule) return false;
    const size_t old_count = span.end - span.begin;
    const size_t first = edit.chars.size();
    for (size_t at = 0; at < rule->replacement.size();) {
      const bool grown = edit.chars.size() - first >= old_count;
      edit.push(next_code_point(rule->replacement, at), grown ? 1 : 0);
    }
    const size_t new_count = edit.chars.size() - first;
    // What vanished counts to the character before it, even one before this part.
    if (new_count < old_count && !edit.changes.empty()) {
      edit.changes.back() -= static_cast<int32_t>(old_count - new_count);
    }
    return true;
  }

  Charsmap charsmap_;
  std::array<bool, 128> ascii_{};
};

}  // namespace

std::unique_ptr<Normalizer> make_precompiled(std::string_view blob, const std::string& file) {
  return std::make_unique<Precompiled>(blob, file);
}

std::unique_ptr<Normalizer> read_precompiled(const Json& node) {
  return make_precompiled(from_base64(node.at("precompiled_charsmap").as_string()), kFile);
}

}  // namespace dragoman
