// The tokenizer in GGUF's metadata, written as the tokenizer.json that it was made from.
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "base/utf.hpp"
#include "models/gguf.hpp"
#include "models/gguf_vocabulary.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kSpace = "\xe2\x96\x81";  // how pieces write a space

class TokenizerWriter {
 public:
  TokenizerWriter(const GgufHeader& header, const GgufVocabulary& words)
      : header_(header), words_(words) {}

  std::string write() {
    json_.begin_object();
    write_added();
    words_.pieces ? write_pieces() : write_bytes();
    write_ends();
    json_.key("model");
    write_model();
    json_.end_object();
    return json_.text();
  }

 private:
  void text(const char* key, std::string_view value) {
    json_.key(key);
    json_.string(value);
  }
  void flag(const char* key, bool value) {
    json_.key(key);
    json_.boolean(value);
  }
  // An object whose first member is its type.
  template <typename Body>
  void component(const char* type, const Body& body) {
    json_.begin_object();
    text("type", type);
    body();
    json_.end_object();
  }
  template <typename Body>
  void sequence(const char* key, const char* list, const Body& body) {
    json_.key(key);
    component("Sequence", [&] {
      json_.key(list);
      json_.begin_array();
      body();
      json_.end_array();
    });
  }
  void replace(std::string_view from, std::string_view to) {
    component("Replace", [&] {
      json_.key("pattern");
      json_.begin_object();
      text("String", from);
      json_.end_object();
      text("content", to);
    });
  }
  void byte_level(bool use_regex) {
    component("ByteLevel", [&] {
      flag("add_prefix_space", false);
      flag("trim_offsets", false);
      flag("use_regex", use_regex);
    });
  }

  void write_added() {
    json_.key("added_tokens");
    json_.begin_array();
    for (size_t i = 0; i < words_.tokens.size(); ++i) {
      const int kind = words_.kinds[i];
      if (kind != kUnknown && kind != kControl && kind != kUserDefined) continue;
      json_.begin_object();
      json_.key("id");
      json_.integer(static_cast<long long>(i));
      text("content", words_.tokens[i]);
      for (const char* rule : {"single_word", "lstrip", "rstrip", "normalized"}) flag(rule, false);
      flag("special", kind != kUserDefined);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_pieces() {
    const bool prefix = header_.flag("tokenizer.ggml.add_space_prefix", true);
    sequence("normalizer", "normalizers", [&] {
      if (prefix) component("Prepend", [&] { text("prepend", kSpace); });
      replace(" ", kSpace);
    });
    sequence("decoder", "decoders", [&] {
      replace(kSpace, " ");
      component("ByteFallback", [] {});
      component("Fuse", [] {});
      if (!prefix) return;
      component("Strip", [&] {
        text("content", " ");
        json_.key("start");
        json_.integer(1);
        json_.key("stop");
        json_.integer(0);
      });
    });
  }

  void write_bytes() {
    const GgufSplitting& splitting = gguf_splitting(header_);
    if (splitting.nfc) {
      json_.key("normalizer");
      component("NFC", [] {});
    }
    sequence("pre_tokenizer", "pretokenizers", [&] {
      if (splitting.digits) component("Digits", [&] { flag("individual_digits", true); });
      if (splitting.pattern != nullptr) {
        component("Split", [&] {
          json_.key("pattern");
          json_.begin_object();
          text("Regex", splitting.pattern);
          json_.end_object();
          text("behavior", "Isolated");
          flag("invert", false);
        });
      }
      byte_level(splitting.pattern == nullptr);
    });
    json_.key("decoder");
    byte_level(true);
  }

  void special(std::string_view token, int type) {
    json_.begin_object();
    json_.key("SpecialToken");
    json_.begin_object();
    text("id", token);
    json_.key("type_id");
    json_.integer(type);
    json_.end_object();
    json_.end_object();
  }
  void part(const char* name, int type) {
    const std::string_view bos = words_.add_bos ? token(words_.bos) : "";
    const std::string_view eos = words_.add_eos ? token(words_.eos) : "";
    if (words_.add_bos) special(bos, type);
    json_.begin_object();
    json_.key("Sequence");
    json_.begin_object();
    text("id", name);
    json_.key("type_id");
    json_.integer(type);
    json_.end_object();
    json_.end_object();
    if (words_.add_eos) special(eos, type);
  }
  std::string_view token(int64_t id) const { return words_.tokens[static_cast<size_t>(id)]; }

  void write_ends() {
    json_.key("post_processor");
    if (!words_.add_bos && !words_.add_eos) {
      if (words_.pieces) {
        json_.null();
      } else {
        byte_level(true);
      }
      return;
    }
    component("TemplateProcessing", [&] {
      json_.key("single");
      json_.begin_array();
      part("A", 0);
      json_.end_array();
      json_.key("pair");
      json_.begin_array();
      part("A", 0);
      part("B", 1);
      json_.end_array();
      json_.key("special_tokens");
      json_.begin_object();
      if (words_.add_bos) define(words_.bos);
      if (words_.add_eos && !(words_.add_bos && words_.eos == words_.bos)) define(words_.eos);
      json_.end_object();
    });
  }
  void define(int64_t id) {
    json_.key(token(id));
    json_.begin_object();
    text("id", token(id));
    json_.key("ids");
    json_.begin_array();
    json_.integer(id);
    json_.end_array();
    json_.key("tokens");
    json_.begin_array();
    json_.string(token(id));
    json_.end_array();
    json_.end_object();
  }

  void write_model() {
    component("BPE", [&] {
      if (words_.pieces && words_.unknown >= 0) text("unk_token", token(words_.unknown));
      flag("fuse_unk", words_.pieces);
      flag("byte_fallback", words_.pieces);
      flag("ignore_merges", !words_.pieces && gguf_splitting(header_).ignore_merges);
      json_.key("vocab");
      json_.begin_object();
      for (size_t i = 0; i < words_.tokens.size(); ++i) {
        json_.key(words_.tokens[i]);
        json_.integer(static_cast<long long>(i));
      }
      json_.end_object();
      json_.key("merges");
      json_.begin_array();
      write_merges();
      json_.end_array();
    });
  }
  void write_merges() {
    if (!words_.pieces) {
      header_.each_text("tokenizer.ggml.merges",
                        [this](size_t, std::string_view merge) { json_.string(merge); });
      return;
    }
    for (const auto& [left, right] : gguf_merges(words_)) {
      json_.begin_array();
      json_.string(left);
      json_.string(right);
      json_.end_array();
    }
  }

  const GgufHeader& header_;
  const GgufVocabulary& words_;
  JsonWriter json_;
};

std::string write_config(const GgufHeader& header, const GgufVocabulary& words) {
  JsonWriter json;
  json.begin_object();
  json.key("tokenizer_class");
  json.string("PreTrainedTokenizerFast");
  json.key("clean_up_tokenization_spaces");
  json.boolean(false);
  const auto special = [&](const char* key, int64_t id) {
    if (id < 0) return;
    json.key(key);
    json.string(words.tokens[static_cast<size_t>(id)]);
  };
  special("bos_token", words.bos);
  special("eos_token", words.eos);
  special("unk_token", words.unknown);
  special("pad_token", words.id(header, "padding_token_id", -1));
  if (header.has("tokenizer.chat_template")) {
    json.key("chat_template");
    json.string(header.text("tokenizer.chat_template", ""));
  }
  json.end_object();
  return json.text();
}

}  // namespace

void add_gguf_tokenizer(const GgufHeader& header,
                        std::map<std::string, std::string, std::less<>>& files) {
  const GgufVocabulary words(header);
  for (const std::string_view token : words.tokens) {
    if (repaired_utf8(token) != token) {
      header.fail(": a token of the vocabulary is no UTF-8.");
    }
  }
  files["tokenizer.json"] = TokenizerWriter(header, words).write();
  files["tokenizer_config.json"] = write_config(header, words);
}

}  // namespace dragoman
