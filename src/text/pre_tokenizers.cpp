// Pre-tokenisers but for BERT's, and how any of them is made.
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/byte_level.hpp"
#include "text/components.hpp"
#include "text/metaspace.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/splitting.hpp"

namespace dragoman {

namespace {

// GPT-2's words.
constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class Splitter final : public PreTokenizer {
 public:
  Splitter(Finder finder, SplitBehavior behavior, bool invert)
      : finder_(std::move(finder)), behavior_(behavior), invert_(invert) {}

  void split(NormalizedText& text, std::vector<Span>& words) const override {
    split_words(finder_, behavior_, invert_, text.chars, words);
  }

 private:
  Finder finder_;
  SplitBehavior behavior_;
  bool invert_;
};

// Runs of word characters, and runs of what is neither that nor white space.
class WhitespaceSplitter final : public PreTokenizer {
 public:
  void split(NormalizedText& text, std::vector<Span>& words) const override {
    const auto kind = [&text](size_t i) {
      const char32_t c = text.chars[i];
      return is_word_character(c) ? 1 : (is_white_space(c) ? 0 : 2);
    };
    std::vector<Span> out;
    for (const Span word : words) {
      for (size_t i = word.begin; i < word.end;) {
        const size_t start = i;
        const int own = kind(i);
        while (i < word.end && kind(i) == own) ++i;
        if (own != 0) out.push_back({start, i});
      }
    }
    words = std::move(out);
  }
};

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex)
      : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}

  void split(NormalizedText& text, std::vector<Span>& words) const override {
    if (add_prefix_space_) prefix_words(text, words, ' ', [](uint32_t) { return true; });
    if (use_regex_) split_words(words_, SplitBehavior::kIsolated, false, text.chars, words);
    to_bytes(text, words);
  }

 private:
  // Only words are kept; all bytes of a character share its span.
  static void to_bytes(NormalizedText& text, std::vector<Span>& words) {
    NormalizedText out;
    out.reserve(text.size() + text.size() / 8);
    std::string bytes;
    for (Span& word : words) {
      const size_t begin = out.size();
      for (size_t i = word.begin; i < word.end; ++i) {
        const char32_t c = text.chars[i];
        if (c - 0x21 < 0x5Eu) {  // printable ASCII is itself
          out.push(c, text.starts[i], text.ends[i]);
          continue;
        }
        bytes.clear();
        append_utf8(bytes, c);
        for (const char byte : bytes) {
          out.push(byte_character(static_cast<uint8_t>(byte)), text.starts[i], text.ends[i]);
        }
      }
      word = {begin, out.size()};
    }
    text = std::move(out);
  }

  bool add_prefix_space_;
  bool use_regex_;
  Finder words_{Pattern::expression(kByteLevelPattern)};
};

class Metaspace final : public PreTokenizer {
 public:
  explicit Metaspace(const MetaspaceOptions& options) : options_(options) {}

  void split(NormalizedText& text, std::vector<Span>& words) const override {
    for (char32_t& c : text.chars) {
      if (c == ' ') c = options_.replacement;
    }
    if (options_.scheme != PrependScheme::kNever) {
      const bool always = options_.scheme == PrependScheme::kAlways;
      prefix_words(text, words, options_.replacement,
                   [always](uint32_t start) { return always || start == 0; });
    }
    if (!options_.split) return;
    std::vector<Span> out;
    for (const Span word : words) {
      size_t start = word.begin;
      for (size_t i = word.begin + 1; i < word.end; ++i) {
        if (text.chars[i] != options_.replacement) continue;
        out.push_back({start, i});
        start = i;
      }
      out.push_back({start, word.end});
    }
    words = std::move(out);
  }

 private:
  MetaspaceOptions options_;
};

class PreTokenizerSequence final : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(const Json& list) {
    for (size_t i = 0; i < list.size(); ++i) parts_.push_back(make_pre_tokenizer(list.at(i)));
  }

  void split(NormalizedText& text, std::vector<Span>& words) const override {
    for (const auto& part : parts_) {
      if (part != nullptr) part->split(text, words);
    }
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

std::unique_ptr<PreTokenizer> splitter(Finder finder, SplitBehavior behavior, bool invert = false) {
  return std::make_unique<Splitter>(std::move(finder), behavior, invert);
}

}  // namespace

std::unique_ptr<PreTokenizer> make_byte_level(bool add_prefix_space, bool use_regex) {
  return std::make_unique<ByteLevel>(add_prefix_space, use_regex);
}

std::unique_ptr<PreTokenizer> make_metaspace(const MetaspaceOptions& options) {
  return std::make_unique<Metaspace>(options);
}

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& node) {
  if (node.is_null()) return nullptr;
  const std::string type = component_type(node);
  if (type == "BertPreTokenizer") return make_bert_pre_tokenizer();
  if (type == "ByteLevel") {
    return make_byte_level(node.at("add_prefix_space").as_bool(), node.get_bool("use_regex", true));
  }
  if (type == "Metaspace") return make_metaspace(metaspace_options(node));
  if (type == "Whitespace") return std::make_unique<WhitespaceSplitter>();
  if (type == "WhitespaceSplit") return splitter(Finder(is_white_space), SplitBehavior::kRemoved);
  if (type == "Punctuation") {
    return splitter(Finder(is_punctuation),
                    split_behavior(node.get_string("behavior", "Isolated")));
  }
  if (type == "Digits") {
    return splitter(Finder(is_numeric), node.at("individual_digits").as_bool()
                                            ? SplitBehavior::kIsolated
                                            : SplitBehavior::kContiguous);
  }
  if (type == "CharDelimiterSplit") {
    return splitter(Finder(Pattern::literal(node.at("delimiter").as_string())),
                    SplitBehavior::kRemoved);
  }
  if (type == "Split") {
    return splitter(Finder(read_pattern(node.at("pattern"))),
                    split_behavior(node.at("behavior").as_string()),
                    node.get_bool("invert", false));
  }
  if (type == "Sequence") {
    return std::make_unique<PreTokenizerSequence>(node.at("pretokenizers"));
  }
  unsupported_component("pre-tokenizer", type);
}

}  // namespace dragoman
