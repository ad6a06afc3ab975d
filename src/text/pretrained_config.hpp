// What `transformers` reads beside the vocabulary: tokenizer_config.json, special_tokens_map.json
// and added_tokens.json.
//
// Follows PreTrainedTokenizerBase._from_pretrained of version 4.57: with `added_tokens_decoder` in
// tokenizer_config.json the other two files are not read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/tokenizer.hpp"
#include "text/truncation.hpp"

namespace dragoman {

/// Throws tokenizer-format, naming the file, for entries of the wrong kind.
class PretrainedConfig {
 public:
  explicit PretrainedConfig(const TokenizerFiles& files);

  /// Without "Fast" at its end; empty when the files do not say.
  const std::string& tokenizer_class() const { return tokenizer_class_; }
  /// A boolean of tokenizer_config.json; none when it is missing, null or of another kind.
  std::optional<bool> flag(std::string_view key) const;
  /// Which end of the text truncation takes from.
  TruncationSide truncation_side() const { return truncation_side_; }

  /// Uses `content` for the special token `key` unless the files name another (or null).
  void set_default(std::string_view key, std::string_view content);
  /// Content of the special token `key`, such as "cls_token"; empty when there is none.
  std::string special(std::string_view key) const;
  /// Named special tokens in the order the reference adds them, additional ones last.
  std::vector<AddedToken> special_tokens() const;
  const std::vector<std::string>& additional() const { return additional_; }

  /// Tokens the files add, by id.
  const std::map<int32_t, AddedToken>& added_tokens() const { return added_; }
  std::map<int32_t, AddedToken>& added_tokens() { return added_; }

 private:
  void read_config(const Json& root);
  void read_special(const Json& root);
  void read_added_file(const std::string& text);
  void set_special(const std::string& key, const Json& value);

  std::string tokenizer_class_;
  std::map<std::string, bool, std::less<>> flags_;
  TruncationSide truncation_side_ = TruncationSide::kRight;
  std::map<std::string, std::optional<AddedToken>, std::less<>> special_;
  std::vector<std::string> additional_;
  std::map<std::string, AddedToken, std::less<>> additional_tokens_;
  std::map<int32_t, AddedToken> added_;
};

}  // namespace dragoman
