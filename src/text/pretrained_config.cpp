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

AddedToken plain_special(std::string_view content) {
  AddedToken token;
  token.content = content;
  token.normalized = false;
  token.special = true;
  return token;
}

// A special token is a string, or an object with the flags of an added token.
AddedToken read_special_token(const Json& value) {
  if (!value.is_object()) return plain_special(value.as_string());
  AddedToken token = read_added_token(value);
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
  if (const auto file = files.find("config.json");
      file != files.end() && tokenizer_class_.empty()) {
    const JsonDocument document(file->second, file->first, ErrorCode::kModelFormat);
    read_class(document.root());
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

void PretrainedConfig::read_class(const Json& root) {
  tokenizer_class_ = root.get_string("tokenizer_class", "");
  if (tokenizer_class_.ends_with("Fast") && tokenizer_class_ != "PreTrainedTokenizerFast") {
    tokenizer_class_.resize(tokenizer_class_.size() - 4);
  }
}

void PretrainedConfig::read_config(const Json& root) {
  read_class(root);
  root.each_member([this](std::string_view key, const Json& value) {
    const std::string name(key);
    if (value.is_bool()) flags_.insert_or_assign(name, value.as_bool());
    if (value.is_string()) texts_.insert_or_assign(name, std::string(value.as_string()));
    if (value.is_integer()) numbers_.insert_or_assign(name, value.as_int());
    if (value.is_null()) nulls_.insert(name);
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
    has_additional_ = true;
    for (size_t i = 0; i < value.size(); ++i) {
      const SpecialToken token{read_special_token(value.at(i)), value.at(i).is_object()};
      if (additional_tokens_.emplace(token.content, token).second) {
        additional_.push_back(token.content);
      }
    }
  });
}

// A null takes away even the class's default.
void PretrainedConfig::set_special(const std::string& key, const Json& value) {
  Special special{.given = true, .object = value.is_object()};
  if (!value.is_null()) special.token = read_special_token(value);
  special_[key] = special;
}

// The format before added_tokens_decoder: content -> id, with the flags left to convention.
void PretrainedConfig::read_added_file(const std::string& text) {
  const JsonDocument document(text, "added_tokens.json", ErrorCode::kTokenizerFormat);
  const std::vector<SpecialToken> specials = special_tokens();
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

std::string PretrainedConfig::text(std::string_view key, std::string_view fallback) const {
  const auto found = texts_.find(key);
  return found == texts_.end() ? std::string(fallback) : found->second;
}

int64_t PretrainedConfig::number(std::string_view key, int64_t fallback) const {
  const auto found = numbers_.find(key);
  return found == numbers_.end() ? fallback : found->second;
}

void PretrainedConfig::set_default(std::string_view key, std::string_view content) {
  special_.try_emplace(std::string(key), Special{.token = plain_special(content)});
}

void PretrainedConfig::set_flags(std::string_view key, char flags) {
  const auto found = special_.find(key);
  if (found != special_.end()) found->second.flags = flags;
}

std::string PretrainedConfig::special(std::string_view key) const {
  const auto found = special_.find(key);
  return found == special_.end() || !found->second.token ? "" : found->second.token->content;
}

const AddedToken* PretrainedConfig::find_added(std::string_view content) const {
  const AddedToken* found = nullptr;
  for (const auto& [id, added] : added_) {
    if (added.content == content) found = &added;
  }
  return found;
}

// An added token of the same content says better what flags it has, but for a class that has
// flags of its own for a token that the files do not name.
SpecialToken PretrainedConfig::resolve(const Special& special) const {
  const AddedToken* const added = find_added(special.token->content);
  if (added != nullptr && (special.given || special.flags == '.')) return {*added, true};
  SpecialToken token{*special.token, special.object || special.flags != '.'};
  if (special.object || special.flags == '.') return token;
  token.lstrip = special.flags == 'l' || special.flags == 'L';
  token.normalized = special.flags == 'n' || special.flags == 'L';
  return token;
}

std::vector<SpecialToken> PretrainedConfig::special_tokens() const {
  std::vector<SpecialToken> tokens;
  const auto push = [&](const SpecialToken& token) {
    const bool seen = std::any_of(tokens.begin(), tokens.end(), [&](const AddedToken& other) {
      return other.content == token.content;
    });
    if (!seen && !token.content.empty()) tokens.push_back(token);
  };
  for (const std::string_view key : kSpecialKeys) {
    const auto found = special_.find(key);
    if (found != special_.end() && found->second.token) push(resolve(found->second));
  }
  for (const std::string& content : additional_) {
    const auto own = additional_tokens_.find(content);
    const AddedToken* const added = find_added(content);
    if (added != nullptr) {
      push({*added, false});
    } else if (own != additional_tokens_.end()) {
      push(own->second);
    } else {
      push({plain_special(content), false});
    }
  }
  return tokens;
}

}  // namespace dragoman
