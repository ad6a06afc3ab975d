// What a tokenizer says about itself: its special tokens, its limit, its chat templates.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tasks/task.hpp"
#include "text/pretrained_config.hpp"

namespace dragoman {

/// Names of the files, besides tokenizer_config.json, that a template of chats is published in;
/// none where that one was given and holds a template.
std::vector<std::string> chat_template_files(const ModelFiles& files);

class TokenizerInfo {
 public:
  /// @param config  of the same files, with what its class adds
  void read(const ModelFiles& files, const PretrainedConfig& config, const Tokenizer& tokenizer);
  /// Writes the members of an object.
  void write(JsonWriter& writer) const;
  /// Id of a special token by its name, "pad_token"; -1 where there is none.
  int32_t id(std::string_view key) const;
  double model_max_length() const { return model_max_length_; }

 private:
  struct Special {
    std::string key;  // "cls_token"
    std::string token;
    int32_t id;
  };
  void read_templates(const ModelFiles& files);

  std::vector<Special> named_;
  std::vector<Special> all_;  // each once, additional ones too; without keys
  std::vector<std::string> additional_;
  std::vector<std::pair<std::string, std::string>> templates_;  // name and text
  double model_max_length_ = 0;
};

}  // namespace dragoman
