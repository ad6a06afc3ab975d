// Choosing a tokenizer by the files of a model folder.
#include "text/bert_tokenizer.hpp"
#include "text/decoder.hpp"
#include "text/marian_tokenizer.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

namespace {

bool has(const TokenizerFiles& files, std::string_view name) {
  return files.find(name) != files.end();
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
    return std::make_unique<MarianTokenizer>(files);
  }
  if (has(files, "tokenizer.json")) return load_tokenizer_json(files, model_type);
  if (has(files, "vocab.txt")) return load_vocab_txt(files);
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
    names.insert(names.end(), {"tokenizer.json", "vocab.txt"});
  }
  return names;
}

}  // namespace dragoman
