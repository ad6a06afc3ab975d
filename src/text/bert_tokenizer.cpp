// Assembling tokenizers from tokenizer.json or vocab.txt.
//
// The oracle is not `tokenizers` alone but `transformers` on top of it: BertTokenizerFast rewrites
// the normaliser by tokenizer_config.json (whose defaults count even when the file is missing), and
// every special token becomes an added token.
#include "text/bert_tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "text/class_rules.hpp"

namespace dragoman {

namespace {

constexpr const char* kJsonFile = "tokenizer.json";
constexpr const char* kVocabFile = "vocab.txt";

// What `transformers` makes of byte-level tokenizers: its own setting of a space before the text
// counts, not that of tokenizer.json.
void apply_byte_level_options(const PretrainedConfig& config, TokenizerKind kind, const Json& root,
                              TokenizerStages& stages) {
  const bool prefixed = config.flag("add_prefix_space").value_or(false);
  const auto is = [&root](std::string_view stage, std::string_view type) {
    return root.has(stage) && root.at(stage).get_string("type", "") == type;
  };
  if (is("pre_tokenizer", "ByteLevel")) {
    const bool use_regex = root.at("pre_tokenizer").get_bool("use_regex", true);
    stages.pre_tokenizer = make_byte_level(prefixed, use_regex);
  }
  if (kind != TokenizerKind::kRoberta || !is("post_processor", "RobertaProcessing")) return;
  stages.post_processor.prefixed = prefixed;
  stages.post_processor.trims = config.flag("trim_offsets").value_or(true);
}

// strip_accents may be null in the file, which means: as lowercase.
void apply_bert_options(const PretrainedConfig& config, BertNormalizerOptions& options) {
  options.lowercase = config.flag("do_lower_case").value_or(true);
  options.handle_chinese_chars = config.flag("tokenize_chinese_chars").value_or(true);
  options.strip_accents = config.flag("strip_accents");
}

std::vector<AddedToken> read_added_tokens(const Json& root) {
  std::vector<AddedToken> tokens;
  if (!root.has("added_tokens")) return tokens;
  const Json list = root.at("added_tokens");
  for (size_t i = 0; i < list.size(); ++i) tokens.push_back(read_added_token(list.at(i)));
  return tokens;
}

// An entry that may be missing altogether reads as null.
template <typename Make>
auto make_stage(const Json& root, std::string_view key, Make make) -> decltype(make(root)) {
  if (root.has(key)) return make(root.at(key));
  return nullptr;
}

// Lines as Python's text mode gives them: \n, \r\n and \r all end one.
Vocab read_lines(std::string_view text) {
  Vocab vocab;
  int32_t id = 0;
  for (size_t i = 0; i < text.size(); ++id) {
    const size_t end = std::min(text.find_first_of("\r\n", i), text.size());
    vocab.add(text.substr(i, end - i), id);
    i = text.substr(end).starts_with("\r\n") ? end + 2 : end + 1;
  }
  vocab.finish();
  return vocab;
}

// The reference would number a missing [CLS] behind the vocabulary, where the model has no row.
int32_t required_id(const TokenizerStages& stages, const std::string& token) {
  const int32_t id = stages.model->vocab().find(token);
  if (id >= 0) return id;
  throw Error(ErrorCode::kTokenizerFormat,
              std::string(kVocabFile) + " lacks the special token \"" + token + "\".");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFiles& files,
                                               const TokenizerClass& kind) {
  const JsonDocument document(files.find(kJsonFile)->second, kJsonFile,
                              ErrorCode::kTokenizerFormat);
  const Json root = document.root();
  PretrainedConfig config(files);
  apply_class(config, kind, false);

  TokenizerStages stages;
  stages.model = make_token_model(root.at("model"), kJsonFile);
  const bool bert_normalizer =
      root.has("normalizer") && root.at("normalizer").get_string("type", "") == "BertNormalizer";
  if (kind.kind == TokenizerKind::kBert && bert_normalizer) {
    BertNormalizerOptions options = bert_normalizer_options(root.at("normalizer"));
    apply_bert_options(config, options);
    stages.normalizer = make_bert_normalizer(options);
  } else {
    stages.normalizer = make_stage(root, "normalizer", make_normalizer);
  }
  stages.pre_tokenizer = make_stage(root, "pre_tokenizer", make_pre_tokenizer);
  stages.decoder = make_stage(root, "decoder", make_decoder);
  stages.post_processor = root.has("post_processor")
                              ? make_post_processor(root.at("post_processor"))
                              : plain_post_processor();
  apply_byte_level_options(config, kind.kind, root, stages);
  stages.added.add(read_added_tokens(root), stages.model->vocab());
  add_configured(config, stages);
  return finish_tokenizer(config, kind, std::move(stages), false);
}

std::unique_ptr<Tokenizer> load_vocab_txt(const TokenizerFiles& files, const TokenizerClass& kind) {
  PretrainedConfig config(files);
  apply_class(config, kind, true);
  Vocab vocab = read_lines(files.find(kVocabFile)->second);
  TokenizerStages stages;
  WordPieceOptions model;
  model.unk_token = config.special("unk_token");
  stages.model = make_word_piece(std::move(vocab), model, kVocabFile);
  BertNormalizerOptions options;
  apply_bert_options(config, options);
  stages.normalizer = make_bert_normalizer(options);
  stages.pre_tokenizer = make_bert_pre_tokenizer();
  const int32_t cls = required_id(stages, config.special("cls_token"));
  const int32_t sep = required_id(stages, config.special("sep_token"));
  const bool mpnet = kind.kind == TokenizerKind::kMpnet;
  stages.post_processor =
      mpnet ? surrounded({cls}, {sep}, {{sep, sep}, {}}, 1) : bert_post_processor(cls, sep);
  stages.decoder = make_word_piece_decoder("##", true);
  add_configured(config, stages);
  // Cleaning up is the default of the slow classes.
  return finish_tokenizer(config, kind, std::move(stages), true);
}

}  // namespace dragoman
