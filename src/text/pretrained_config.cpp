// Reading the configuration files beside a vocabulary.
#include "text/pretrained_config.hpp"

#include <algorithm>
#include <charconv>

namespace dragoman {

namespace {

// In this order the reference gives ids to special tokens a vocabulary lacks.
constexpr std::string_view kSpecialKeys[] = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
};

// A special token is a string, or an object with the flags of an added token.
AddedToken read_special_token(const Json& value) {
  if (value.is_object()) {
    AddedToken token = read_added_token(value);
    token.special = true;
    return token;
  }
  AddedToken token;
  token.content = value.as_string();
  token.normalized = false;
  token.special = true;
  return token;
}

// Keys of added_tokens_decoder are numbers written as strings.
int32_t read_token_id(std::string_view text) {
  int32_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0) {
    throw Error(ErrorCode::kTokenizerFormat, "tokenizer_config.json: the added token's id \"" +
                                                 std::string(text) + "\" is not a whole number.");
  }
  return id;
}

}  // namespace

PretrainedConfig::PretrainedConfig(const TokenizerFiles& files) {
  bool has_decoder = false;
  if (const auto file = files.find("tokenizer_config.json"); file != files.end()) {
    const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
    read_config(document.root());
    has_decoder = document.root().has("added_tokens_decoder");
  }
  if (has_decoder) return;
  if (const auto file = files.find("special_tokens_map.json"); file != files.end()) {
    const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
    read_special(document.root());
  }
  if (const auto file = files.find("added_tokens.json"); file != files.end()) {
    read_added_file(file->second);
  }
}

void PretrainedConfig::read_config(const Json& root) {
  tokenizer_class_ = root.get_string("tokenizer_class", "");
  if (tokenizer_class_.ends_with("Fast") && tokenizer_class_ != "PreTrainedTokenizerFast") {
    tokenizer_class_.resize(tokenizer_class_.size() - 4);
  }
  root.each_member([this](std::string_view key, const Json& value) {
    if (value.is_bool()) flags_.insert_or_assign(std::string(key), value.as_bool());
  });
  // Any other side is an error in the reference; its default is the safer reading.
  const std::string side = root.get_string("truncation_side", "right");
  if (side == "left") truncation_side_ = TruncationSide::kLeft;
  read_special(root);
  if (!root.has("added_tokens_decoder")) return;
  root.at("added_tokens_decoder").each_member([this](std::string_view id, const Json& token) {
    added_.insert_or_assign(read_token_id(id), read_added_token(token));
  });
}

void PretrainedConfig::read_special(const Json& root) {
  root.each_member([this](std::string_view key, const Json& value) {
    const bool named =
        std::find(std::begin(kSpecialKeys), std::end(kSpecialKeys), key) != std::end(kSpecialKeys);
    if (named) set_special(std::string(key), value);
    if (key != "additional_special_tokens" || !value.is_array()) return;
    for (size_t i = 0; i < value.size(); ++i) {
      const AddedToken token = read_special_token(value.at(i));
      if (additional_tokens_.emplace(token.content, token).second) {
        additional_.push_back(token.content);
      }
    }
  });
}

// A null takes away even the class's default.
void PretrainedConfig::set_special(const std::string& key, const Json& value) {
  special_[key] = value.is_null() ? std::optional<AddedToken>() : read_special_token(value);
}

// The format before added_tokens_decoder: content -> id, with the flags left to convention.
void PretrainedConfig::read_added_file(const std::string& text) {
  const JsonDocument document(text, "added_tokens.json", ErrorCode::kTokenizerFormat);
  const std::vector<AddedToken> specials = special_tokens();
  document.root().each_member([&](std::string_view content, const Json& value) {
    const int64_t id = value.as_int();
    if (id < 0 || id > INT32_MAX) {
      throw Error(ErrorCode::kTokenizerFormat,
                  "added_tokens.json: the id " + std::to_string(id) + " is out of range.");
    }
    AddedToken token;
    token.content = content;
    token.special = std::any_of(specials.begin(), specials.end(),
                                [&](const AddedToken& s) { return s.content == content; });
    token.normalized = !token.special;
    added_.insert_or_assign(static_cast<int32_t>(id), token);
  });
}

std::optional<bool> PretrainedConfig::flag(std::string_view key) const {
  const auto found = flags_.find(key);
  return found == flags_.end() ? std::nullopt : std::optional<bool>(found->second);
}

void PretrainedConfig::set_default(std::string_view key, std::string_view content) {
  AddedToken token;
  token.content = content;
  token.normalized = false;
  token.special = true;
  special_.try_emplace(std::string(key), token);
}

std::string PretrainedConfig::special(std::string_view key) const {
  const auto found = special_.find(key);
  return found == special_.end() || !found->second ? "" : found->second->content;
}

std::vector<AddedToken> PretrainedConfig::special_tokens() const {
  std::vector<AddedToken> tokens;
  const auto push = [&](AddedToken token) {
    // An added token of the same content says better what flags it has.
    for (const auto& [id, added] : added_) {
      if (added.content == token.content) token = added;
    }
    const bool seen = std::any_of(tokens.begin(), tokens.end(), [&](const AddedToken& other) {
      return other.content == token.content;
    });
    if (!seen && !token.content.empty()) tokens.push_back(token);
  };
  for (const std::string_view key : kSpecialKeys) {
    const auto found = special_.find(key);
    if (found != special_.end() && found->second) push(*found->second);
  }
  for (const std::string& content : additional_) push(additional_tokens_.at(content));
  return tokens;
}

}  // namespace dragoman
