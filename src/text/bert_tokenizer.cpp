// Assembling tokenizers from tokenizer.json or vocab.txt.
//
// The oracle is not `tokenizers` alone but `transformers` on top of it: BertTokenizerFast rewrites
// the normaliser by tokenizer_config.json (whose defaults count even when the file is missing), and
// every special token becomes an added token.
#include "text/bert_tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "text/pipeline_tokenizer.hpp"
#include "text/pretrained_config.hpp"

namespace dragoman {

namespace {

constexpr const char* kJsonFile = "tokenizer.json";
constexpr const char* kVocabFile = "vocab.txt";

// Tokenizer classes of `transformers` that share BertTokenizerFast's code, and the model types
// that have them by default.
constexpr std::string_view kBertClasses[] = {
    "BertTokenizer",        "DistilBertTokenizer", "ElectraTokenizer",
    "MobileBertTokenizer",  "ConvBertTokenizer",   "LayoutLMTokenizer",
    "SqueezeBertTokenizer", "LxmertTokenizer",     "FunnelTokenizer",
};
constexpr std::string_view kBertModels[] = {
    "bert",     "distilbert", "electra",     "mobilebert", "convbert",
    "layoutlm", "lxmert",     "squeezebert", "funnel",
};

template <size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// The class of tokenizer_config.json decides; without one the model's type does.
bool is_bert_class(const PretrainedConfig& config, std::string_view model_type) {
  const std::string& name = config.tokenizer_class();
  return name.empty() ? contains(kBertModels, model_type) : contains(kBertClasses, name);
}

// Classes that share RobertaTokenizerFast's code, and model types that have them by default.
constexpr std::string_view kRobertaClasses[] = {
    "RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer", "MvpTokenizer",
};
constexpr std::string_view kRobertaModels[] = {"roberta", "bart", "longformer", "led", "mvp"};

// What `transformers` makes of byte-level tokenizers: its own setting of a space before the text
// counts, not that of tokenizer.json.
void apply_byte_level_options(const PretrainedConfig& config, std::string_view model_type,
                              const Json& root, TokenizerStages& stages) {
  const bool prefixed = config.flag("add_prefix_space").value_or(false);
  const auto is = [&root](std::string_view stage, std::string_view type) {
    return root.has(stage) && root.at(stage).get_string("type", "") == type;
  };
  if (is("pre_tokenizer", "ByteLevel")) {
    const bool use_regex = root.at("pre_tokenizer").get_bool("use_regex", true);
    stages.pre_tokenizer = make_byte_level(prefixed, use_regex);
  }
  const std::string& name = config.tokenizer_class();
  const bool roberta =
      name.empty() ? contains(kRobertaModels, model_type) : contains(kRobertaClasses, name);
  // Their classes in `transformers` assert this.
  stages.refuses_words = !prefixed && (roberta || name == "GPT2Tokenizer");
  if (!roberta || !is("post_processor", "RobertaProcessing")) return;
  stages.post_processor.prefixed = prefixed;
  stages.post_processor.trims = config.flag("trim_offsets").value_or(true);
}

void set_bert_defaults(PretrainedConfig& config) {
  config.set_default("unk_token", "[UNK]");
  config.set_default("sep_token", "[SEP]");
  config.set_default("pad_token", "[PAD]");
  config.set_default("cls_token", "[CLS]");
  config.set_default("mask_token", "[MASK]");
}

// strip_accents may be null in the file, which means: as lowercase.
void apply_bert_options(const PretrainedConfig& config, BertNormalizerOptions& options) {
  options.lowercase = config.flag("do_lower_case").value_or(true);
  options.handle_chinese_chars = config.flag("tokenize_chinese_chars").value_or(true);
  options.strip_accents = config.flag("strip_accents");
}

// What PreTrainedTokenizerFast adds to the tokens of tokenizer.json: those of the other files in
// order of id, then special tokens that are still missing.
void add_configured(const PretrainedConfig& config, TokenizerStages& stages) {
  const std::vector<AddedToken> special = config.special_tokens();
  const auto is_special = [&special](const AddedToken& token) {
    return token.special || std::any_of(special.begin(), special.end(), [&](const auto& other) {
             return other.content == token.content;
           });
  };
  std::vector<AddedToken> tokens;
  for (auto [id, token] : config.added_tokens()) {
    token.special = is_special(token);
    tokens.push_back(token);
  }
  for (const AddedToken& token : special) {
    const bool listed = std::any_of(tokens.begin(), tokens.end(), [&](const auto& other) {
      return other.content == token.content;
    });
    if (!listed && stages.added.find(token.content) < 0) tokens.push_back(token);
  }
  stages.added.add(tokens, stages.model->vocab());
}

// @param clean_up  whether decoding removes spaces when the files do not say
std::unique_ptr<Tokenizer> finish(const PretrainedConfig& config, TokenizerStages stages,
                                  bool clean_up) {
  add_configured(config, stages);
  stages.truncation.side = config.truncation_side();
  stages.clean_up_spaces = config.flag("clean_up_tokenization_spaces").value_or(clean_up);
  return std::make_unique<PipelineTokenizer>(std::move(stages));
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
int32_t required_id(const Vocab& vocab, const std::string& token) {
  const int32_t id = vocab.find(token);
  if (id >= 0) return id;
  throw Error(ErrorCode::kTokenizerFormat,
              std::string(kVocabFile) + " lacks the special token \"" + token + "\".");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFiles& files,
                                               std::string_view model_type) {
  const JsonDocument document(files.find(kJsonFile)->second, kJsonFile,
                              ErrorCode::kTokenizerFormat);
  const Json root = document.root();
  PretrainedConfig config(files);
  const bool bert = is_bert_class(config, model_type);
  if (bert) set_bert_defaults(config);

  TokenizerStages stages;
  stages.model = make_token_model(root.at("model"), kJsonFile);
  const bool bert_normalizer =
      root.has("normalizer") && root.at("normalizer").get_string("type", "") == "BertNormalizer";
  if (bert && bert_normalizer) {
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
  apply_byte_level_options(config, model_type, root, stages);
  stages.added.add(read_added_tokens(root), stages.model->vocab());
  return finish(config, std::move(stages), false);
}

std::unique_ptr<Tokenizer> load_vocab_txt(const TokenizerFiles& files) {
  PretrainedConfig config(files);
  set_bert_defaults(config);
  Vocab vocab = read_lines(files.find(kVocabFile)->second);
  const int32_t cls = required_id(vocab, config.special("cls_token"));
  const int32_t sep = required_id(vocab, config.special("sep_token"));

  TokenizerStages stages;
  WordPieceOptions model;
  model.unk_token = config.special("unk_token");
  stages.model = make_word_piece(std::move(vocab), model, kVocabFile);
  BertNormalizerOptions options;
  apply_bert_options(config, options);
  stages.normalizer = make_bert_normalizer(options);
  stages.pre_tokenizer = make_bert_pre_tokenizer();
  stages.post_processor = bert_post_processor(cls, sep);
  stages.decoder = make_word_piece_decoder("##", true);
  return finish(config, std::move(stages), true);  // the default of the slow BertTokenizer
}

}  // namespace dragoman
