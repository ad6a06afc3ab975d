// What `transformers` reads beside the vocabulary: tokenizer_config.json, special_tokens_map.json,
// added_tokens.json, and of config.json the tokenizer's class.
//
// Follows PreTrainedTokenizerBase._from_pretrained of version 4.57: with `added_tokens_decoder` in
// tokenizer_config.json the other two files are not read.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/tokenizer.hpp"
#include "text/truncation.hpp"

namespace dragoman {

/// A special token as a class of `transformers` has it.
struct SpecialToken : AddedToken {
  /// False for a plain string, which is not added where a token of that content is there.
  bool has_flags = false;
};

/// Throws tokenizer-format, naming the file, for entries of the wrong kind.
class PretrainedConfig {
 public:
  explicit PretrainedConfig(const TokenizerFiles& files);

  /// Without "Fast" at its end; empty when the files do not say.
  const std::string& tokenizer_class() const { return tokenizer_class_; }
  /// A boolean of tokenizer_config.json; none when it is missing, null or of another kind.
  std::optional<bool> flag(std::string_view key) const;
  /// A string, or a whole number, of tokenizer_config.json.
  std::string text(std::string_view key, std::string_view fallback) const;
  int64_t number(std::string_view key, int64_t fallback) const;
  /// True for an entry of tokenizer_config.json that is there but null.
  bool is_null(std::string_view key) const { return nulls_.contains(key); }
  /// Which end of the text truncation takes from.
  TruncationSide truncation_side() const { return truncation_side_; }

  /// Uses `content` for the special token `key` unless the files name another (or null).
  void set_default(std::string_view key, std::string_view content);
  /// How the class treats the special token `key` where the files have it as a plain string.
  /// @param flags  '.' as it is; else with flags: 'a' none, 'n' normalized, 'l' lstrip, 'L' both
  void set_flags(std::string_view key, char flags);
  /// Content of the special token `key`, such as "cls_token"; empty when there is none.
  std::string special(std::string_view key) const;
  /// Named special tokens in the order the reference adds them, additional ones last.
  std::vector<SpecialToken> special_tokens() const;
  const std::vector<std::string>& additional() const { return additional_; }
  /// Whether the files have a list of additional special tokens, if an empty one.
  bool has_additional() const { return has_additional_; }
  /// Replaces the list; those of it that the files have keep their flags.
  void set_additional(std::vector<std::string> tokens) { additional_ = std::move(tokens); }

  /// Tokens the files add, by id.
  const std::map<int32_t, AddedToken>& added_tokens() const { return added_; }
  std::map<int32_t, AddedToken>& added_tokens() { return added_; }

 private:
  // A special token, or none by the files' wish.
  struct Special {
    std::optional<AddedToken> token = std::nullopt;
    bool given = false;   // by the files, not by the class
    bool object = false;  // with flags of its own
    char flags = '.';     // otherwise
  };
  void read_class(const Json& root);
  void read_config(const Json& root);
  void read_special(const Json& root);
  void read_added_file(const std::string& text);
  void set_special(const std::string& key, const Json& value);
  SpecialToken resolve(const Special& special) const;
  const AddedToken* find_added(std::string_view content) const;

  std::string tokenizer_class_;
  std::map<std::string, bool, std::less<>> flags_;
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, int64_t, std::less<>> numbers_;
  std::set<std::string, std::less<>> nulls_;
  TruncationSide truncation_side_ = TruncationSide::kRight;
  std::map<std::string, Special, std::less<>> special_;
  std::vector<std::string> additional_;
  bool has_additional_ = false;
  std::map<std::string, SpecialToken, std::less<>> additional_tokens_;
  std::map<int32_t, AddedToken> added_;
};

}  // namespace dragoman
