// Choosing a tokenizer by the files of a model folder.
#include "text/bert_tokenizer.hpp"
#include "text/converted_tokenizer.hpp"
#include "text/decoder.hpp"
#include "text/spm_tokenizer.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

namespace {

bool has(const TokenizerFiles& files, std::string_view name) {
  return files.find(name) != files.end();
}

const TokenizerClass& class_of(const TokenizerFiles& files, std::string_view model_type) {
  return tokenizer_class(PretrainedConfig(files), model_type);
}

}  // namespace

Encoding Tokenizer::encode_words(std::span<const std::string_view>, const EncodeOptions&) const {
  throw Error(ErrorCode::kUnsupportedOption,
              "This tokenizer takes no text that is cut into words beforehand.");
}

// Tokenizers that take no spaces away by themselves need not know of this.
std::string Tokenizer::decode_spaced(std::span<const int32_t> ids, bool skip_special_tokens,
                                     bool clean_up) const {
  std::string text = decode(ids, skip_special_tokens);
  return clean_up && !cleans_up_spaces() ? clean_up_tokenization(std::move(text)) : text;
}

std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerFiles& files,
                                          std::string_view model_type) {
  if (model_type == "marian" || (has(files, "source.spm") && has(files, "target.spm"))) {
    return std::make_unique<SpmTokenizer>(files, TokenizerKind::kMarian);
  }
  const TokenizerClass& kind = class_of(files, model_type);
  if (has(files, "tokenizer.json")) return load_tokenizer_json(files, kind);
  if (kind.kind == TokenizerKind::kM2m100) {
    return std::make_unique<SpmTokenizer>(files, TokenizerKind::kM2m100);
  }
  if (is_convertible(kind.kind)) return convert_tokenizer(files, kind);
  if (has(files, "vocab.txt")) {
    const bool known = kind.kind == TokenizerKind::kBert || kind.kind == TokenizerKind::kMpnet;
    return load_vocab_txt(files, known ? kind : bert_class());
  }
  throw Error(ErrorCode::kModelIncomplete,
              "The model \"" + std::string(model_type) +
                  "\" has no tokenizer: neither tokenizer.json nor vocab.txt is there.");
}

std::vector<std::string> tokenizer_file_names(std::string_view model_type) {
  std::vector<std::string> names{"tokenizer_config.json", "special_tokens_map.json",
                                 "added_tokens.json"};
  if (model_type == "marian") {
    names.insert(names.end(), {"source.spm", "target.spm", "vocab.json", "target_vocab.json"});
  } else {
    names.emplace_back("tokenizer.json");
  }
  return names;
}

std::vector<std::string> vocabulary_file_names(const TokenizerFiles& files,
                                               std::string_view model_type) {
  if (model_type == "marian" || has(files, "tokenizer.json")) return {};
  const TokenizerClass& kind = class_of(files, model_type);
  if (kind.kind == TokenizerKind::kMarian) return tokenizer_file_names("marian");
  if (kind.kind == TokenizerKind::kM2m100) return {std::string(kind.file), "vocab.json"};
  if (!is_convertible(kind.kind)) return {"vocab.txt"};
  if (kind.file == "vocab.json") return {"vocab.json", "merges.txt"};
  return {std::string(kind.file)};
}

}  // namespace dragoman
