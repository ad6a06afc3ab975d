// Decoders but for WordPiece's, and how any of them is made.
#include <algorithm>
#include <utility>

#include "base/utf.hpp"
#include "text/byte_level.hpp"
#include "text/components.hpp"
#include "text/decoder.hpp"
#include "text/metaspace.hpp"
#include "text/pattern.hpp"
#include "text/strings.hpp"

namespace dragoman {

namespace {

using Tokens = std::vector<std::string>;

void fuse(Tokens& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  tokens.assign(1, std::move(all));
}

class Fuse final : public Decoder {
 public:
  void decode(Tokens& tokens) const override { fuse(tokens); }
};

class ByteLevelDecoder final : public Decoder {
 public:
  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) token = *bytes_of(token);
    fuse(tokens);
    tokens[0] = repaired_utf8(tokens[0]);
  }

  // A token with a character outside the alphabet is text.
  std::optional<std::string> bytes_of(std::string_view token) const override {
    std::string bytes;
    for (size_t i = 0; i < token.size();) {
      const int byte = character_byte(next_code_point(token, i));
      if (byte < 0) return std::string(token);
      bytes.push_back(static_cast<char>(byte));
    }
    return bytes;
  }
};

// In the first token every replacement goes, not only that at its beginning.
class MetaspaceDecoder final : public Decoder {
 public:
  explicit MetaspaceDecoder(const MetaspaceOptions& options)
      : keeps_first_(options.scheme == PrependScheme::kNever) {
    append_utf8(replacement_, options.replacement);
  }

  void decode(Tokens& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      const bool first = i == 0 && !keeps_first_;
      tokens[i] = replace_all(std::move(tokens[i]), replacement_, first ? "" : " ");
    }
  }

 private:
  std::string replacement_;
  bool keeps_first_;
};

class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}

  void decode(Tokens& tokens) const override {
    for (size_t i = 0; i < tokens.size() && !suffix_.empty(); ++i) {
      const bool last = i + 1 == tokens.size();
      tokens[i] = replace_all(std::move(tokens[i]), suffix_, last ? "" : " ");
    }
  }

 private:
  std::string suffix_;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = (c | 0x20) - 'a';
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

// Runs of <0x..> become text when they are UTF-8, and one U+FFFD each when they are not.
class ByteFallback final : public Decoder {
 public:
  void decode(Tokens& tokens) const override {
    Tokens out;
    std::string bytes;
    const auto flush = [&] {
      const std::string text = repaired_utf8(bytes);
      if (text == bytes) {
        if (!bytes.empty()) out.push_back(text);
      } else {
        out.insert(out.end(), bytes.size(), "\uFFFD");
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const auto byte = bytes_of(token)) {
        bytes += *byte;
        continue;
      }
      flush();
      out.push_back(std::move(token));
    }
    flush();
    tokens = std::move(out);
  }

  std::optional<std::string> bytes_of(std::string_view token) const override {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
    const int high = token[3] == '+' ? 0 : hex_digit(token[3]);
    const int low = hex_digit(token[4]);
    if (high < 0 || low < 0) return std::nullopt;
    return std::string(1, static_cast<char>(high * 16 + low));
  }

  bool reads_runs() const override { return true; }
};

// Takes up to `start` and `stop` characters off the ends of every token.
class StripDecoder final : public Decoder {
 public:
  StripDecoder(std::string content, size_t start, size_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}

  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view kept = token;
      for (size_t i = 0; i < start_ && kept.starts_with(content_); ++i) {
        kept.remove_prefix(content_.size());
      }
      for (size_t i = 0; i < stop_ && kept.ends_with(content_); ++i) {
        kept.remove_suffix(content_.size());
      }
      token = std::string(kept);
    }
  }

 private:
  std::string content_;
  size_t start_;
  size_t stop_;
};

class ReplaceDecoder final : public Decoder {
 public:
  ReplaceDecoder(Pattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  void decode(Tokens& tokens) const override {
    Span found;
    for (std::string& token : tokens) {
      const std::u32string text = to_utf32(token);
      if (!pattern_.find(text, 0, found)) continue;
      std::string out;
      size_t done = 0;
      do {
        out += to_utf8(std::u32string_view(text).substr(done, found.begin - done)) + content_;
        done = found.end;
      } while (pattern_.find(text, done, found));
      token = out + to_utf8(std::u32string_view(text).substr(done));
    }
  }

 private:
  Pattern pattern_;
  std::string content_;
};

class CtcDecoder final : public Decoder {
 public:
  explicit CtcDecoder(const Json& node)
      : pad_(node.at("pad_token").as_string()),
        delimiter_(node.at("word_delimiter_token").as_string()),
        cleanup_(node.at("cleanup").as_bool()) {}

  void decode(Tokens& tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      if (!pad_.empty()) token = replace_all(std::move(token), pad_, "");
      if (!cleanup_) continue;
      token = clean_up_word_piece(std::move(token));
      if (!delimiter_.empty()) token = replace_all(std::move(token), delimiter_, " ");
    }
    std::erase_if(tokens, [](const std::string& token) { return token.empty(); });
  }

 private:
  std::string pad_;
  std::string delimiter_;
  bool cleanup_;
};

class DecoderSequence final : public Decoder {
 public:
  explicit DecoderSequence(const Json& list) {
    for (size_t i = 0; i < list.size(); ++i) parts_.push_back(make_decoder(list.at(i)));
  }

  void decode(Tokens& tokens) const override {
    for (const auto& part : parts_) {
      if (part != nullptr) part->decode(tokens);
    }
  }

  std::optional<std::string> bytes_of(std::string_view token) const override {
    for (const auto& part : parts_) {
      if (part == nullptr) continue;
      if (auto bytes = part->bytes_of(token)) return bytes;
    }
    return std::nullopt;
  }

  bool reads_runs() const override {
    return std::any_of(parts_.begin(), parts_.end(),
                       [](const auto& part) { return part != nullptr && part->reads_runs(); });
  }

 private:
  std::vector<std::unique_ptr<Decoder>> parts_;
};

size_t cut_count(const Json& value) {
  const int64_t count = value.as_int();
  return count < 0 ? 0 : static_cast<size_t>(count);
}

}  // namespace

size_t unfinished_utf8(std::string_view bytes) {
  for (size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<uint8_t>(bytes[bytes.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : (byte >= 0xE0 ? 3 : 2);
    if (byte < 0xC2 || byte > 0xF4 || length <= back) return 0;
    // What can no longer become a character reads as several ill-formed parts.
    const std::string_view tail = bytes.substr(bytes.size() - back);
    size_t end = 0;
    next_code_point(tail, end);
    return end == back ? back : 0;
  }
  return 0;
}

std::unique_ptr<Decoder> make_decoder(const Json& node) {
  if (node.is_null()) return nullptr;
  const std::string type = component_type(node);
  if (type == "WordPiece") {
    return make_word_piece_decoder(node.get_string("prefix", "##"), node.get_bool("cleanup", true));
  }
  if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
  if (type == "Metaspace") return std::make_unique<MetaspaceDecoder>(metaspace_options(node));
  if (type == "BPEDecoder") {
    return std::make_unique<BpeDecoder>(std::string(node.at("suffix").as_string()));
  }
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Strip") {
    return std::make_unique<StripDecoder>(std::string(node.at("content").as_string()),
                                          cut_count(node.at("start")), cut_count(node.at("stop")));
  }
  if (type == "Replace") {
    return std::make_unique<ReplaceDecoder>(read_pattern(node.at("pattern")),
                                            std::string(node.at("content").as_string()));
  }
  if (type == "CTC") return std::make_unique<CtcDecoder>(node);
  if (type == "Sequence") return std::make_unique<DecoderSequence>(node.at("decoders"));
  unsupported_component("decoder", type);
}

}  // namespace dragoman
