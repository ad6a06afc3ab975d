// Special tokens and chat templates out of the files beside a vocabulary.
#include "tasks/tokenizer_info.hpp"

namespace dragoman {

namespace {

constexpr double kNoLimit = 1e30;  // as Python's VERY_LARGE_INTEGER
constexpr std::string_view kConfig = "tokenizer_config.json";
constexpr std::string_view kTemplate = "chat_template.jinja";
constexpr std::string_view kTemplateJson = "chat_template.json";
constexpr std::string_view kKeys[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                      "pad_token", "cls_token", "mask_token"};

}  // namespace

// A request for a file that is not there costs time, and shows in a page's console as an error.
std::vector<std::string> chat_template_files(const ModelFiles& files) {
  if (const auto file = files.find(kConfig); file != files.end()) {
    const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
    if (document.root().has("chat_template")) return {};
  }
  return {std::string(kTemplate), std::string(kTemplateJson)};
}

void TokenizerInfo::read(const ModelFiles& files, const PretrainedConfig& config,
                         const Tokenizer& tokenizer) {
  for (const std::string_view key : kKeys) {
    const std::string token = config.special(key);
    const int32_t id = token.empty() ? -1 : tokenizer.token_id(token);
    if (id >= 0) named_.push_back({std::string(key), token, id});
  }
  for (const AddedToken& token : config.special_tokens()) {
    const int32_t id = tokenizer.token_id(token.content);
    if (id >= 0) all_.push_back({"", token.content, id});
  }
  additional_ = config.additional();
  model_max_length_ = kNoLimit;
  if (const auto file = files.find(kConfig); file != files.end()) {
    const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
    model_max_length_ = document.root().get_double("model_max_length", kNoLimit);
  }
  read_templates(files);
}

// As in Python a file of its own goes before what tokenizer_config.json says; the oldest form, a
// member of a JSON file, comes last.
void TokenizerInfo::read_templates(const ModelFiles& files) {
  if (const auto file = files.find(kTemplate); file != files.end()) {
    templates_.emplace_back("default", file->second);
    return;
  }
  for (const std::string_view name : {kConfig, kTemplateJson}) {
    const auto file = files.find(name);
    if (file == files.end() || !templates_.empty()) continue;
    const JsonDocument document(file->second, file->first, ErrorCode::kTokenizerFormat);
    if (!document.root().has("chat_template")) continue;
    const Json published = document.root().at("chat_template");
    if (published.is_string()) {
      templates_.emplace_back("default", published.as_string());
      continue;
    }
    for (size_t i = 0; i < published.size(); ++i) {
      const Json named = published.at(i);
      templates_.emplace_back(named.at("name").as_string(), named.at("template").as_string());
    }
  }
}

int32_t TokenizerInfo::id(std::string_view key) const {
  for (const Special& special : named_) {
    if (special.key == key) return special.id;
  }
  return -1;
}

void TokenizerInfo::write(JsonWriter& writer) const {
  writer.key("model_max_length");
  writer.number(model_max_length_);
  for (const Special& special : named_) {
    writer.key(special.key);
    writer.string(special.token);
    writer.key(special.key + "_id");
    writer.integer(special.id);
  }
  writer.key("additional_special_tokens");
  writer.begin_array();
  for (const std::string& token : additional_) writer.string(token);
  writer.end_array();
  writer.key("all_special_tokens");
  writer.begin_array();
  for (const Special& special : all_) writer.string(special.token);
  writer.end_array();
  writer.key("all_special_ids");
  writer.begin_array();
  for (const Special& special : all_) writer.integer(special.id);
  writer.end_array();
  if (templates_.empty()) return;
  writer.key("chat_template");
  writer.begin_object();
  for (const auto& [name, text] : templates_) {
    writer.key(name);
    writer.string(text);
  }
  writer.end_object();
}

}  // namespace dragoman
