// The table of classes, by `transformers` 4.57.
#include "text/special_tokens.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "text/languages.hpp"

namespace dragoman {

namespace {

using Kind = TokenizerKind;

constexpr std::string_view kKeys[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                      "pad_token", "cls_token", "mask_token"};

constexpr TokenizerClass kClasses[] = {
    {.names = " bert electra mobilebert convbert layoutlm squeezebert lxmert funnel ",
     .kind = Kind::kBert,
     .tokens = {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"},
     .file = "vocab.txt"},
    {.names = " distilbert ",
     .kind = Kind::kBert,
     .tokens = {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"},
     .file = "vocab.txt",
     .type_ids = false},
    {.names = " mpnet ",
     .kind = Kind::kMpnet,
     .tokens = {"<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .slow_flags = "aaaaaal",
     .file = "vocab.txt",
     .type_ids = false},
    {.names = " roberta longformer mvp ",
     .kind = Kind::kRoberta,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .slow_flags = "nnnnnnl",
     .file = "vocab.json",
     .type_ids = false},
    {.names = " bart led ",
     .kind = Kind::kRoberta,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......L",
     .slow_flags = "nnnnnnL",
     .file = "vocab.json",
     .type_ids = false},
    {.names = " xlmroberta ",
     .kind = Kind::kXlmRoberta,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .slow_flags = "......l",
     .file = "sentencepiece.bpe.model",
     .type_ids = false},
    {.names = " camembert ",
     .kind = Kind::kCamembert,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .slow_flags = "......l",
     .file = "sentencepiece.bpe.model",
     .type_ids = false},
    {.names = " barthez ",
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .type_ids = false},
    {.names = " mbart ",
     .kind = Kind::kMbart,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .slow_flags = "......l",
     .file = "sentencepiece.bpe.model",
     .type_ids = false},
    {.names = " mbart50 ",
     .kind = Kind::kMbart50,
     .tokens = {"", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......l",
     .slow_flags = "......L",
     .file = "sentencepiece.bpe.model",
     .type_ids = false},
    {.names = " nllb nllbmoe ",
     .kind = Kind::kNllb,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     .fast_flags = "......L",
     .slow_flags = "aaa.a.L",
     .file = "sentencepiece.bpe.model",
     .type_ids = false},
    {.names = " m2m100 ",
     .kind = Kind::kM2m100,
     .tokens = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "", ""},
     .file = "sentencepiece.bpe.model",
     .type_ids = false},
    {.names = " marian ",
     .kind = Kind::kMarian,
     .tokens = {"", "</s>", "<unk>", "", "<pad>", "", ""},
     .file = "source.spm",
     .type_ids = false},
    {.names = " albert ",
     .kind = Kind::kAlbert,
     .tokens = {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"},
     .fast_flags = "......l",
     .slow_flags = "......l",
     .file = "spiece.model"},
    {.names = " debertav2 ",
     .kind = Kind::kDebertaV2,
     .tokens = {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"},
     .slow_flags = "..n....",
     .file = "spm.model"},
    {.names = " deberta ",
     .tokens = {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}},
    {.names = " t5 mt5 umt5 longt5 ",
     .kind = Kind::kT5,
     .tokens = {"", "</s>", "<unk>", "", "<pad>", "", ""},
     .slow_flags = ".aa.a..",
     .file = "spiece.model",
     .type_ids = false},
    {.names = " pegasus pegasusx bigbirdpegasus ",
     .kind = Kind::kPegasus,
     .tokens = {"", "</s>", "<unk>", "", "<pad>", "", "<mask_2>"},
     .file = "spiece.model",
     .type_ids = false},
    {.names = " gpt2 gptneo gptj gptbigcode opt ",
     .kind = Kind::kGpt2,
     .tokens = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""},
     .slow_flags = "nnn.n..",
     .file = "vocab.json",
     .type_ids = false},
    {.names = " gptneox ",
     .tokens = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""},
     .type_ids = false},
    {.names = " qwen2 qwen3 qwen2moe qwen3moe ",
     .kind = Kind::kQwen2,
     .tokens = {"", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>", "", ""},
     .fast_flags = "aaa.a..",
     .slow_flags = "aaa.a..",
     .file = "vocab.json",
     .type_ids = false},
    {.names = " llama mistral mixtral phi3 ",
     .kind = Kind::kLlama,
     .tokens = {"<s>", "</s>", "<unk>", "", "", "", ""},
     .slow_flags = "aaa.a..",
     .file = "tokenizer.model",
     .type_ids = false,
     .pads_left = true},
    {.names = " codellama ",
     .tokens = {"<s>", "</s>", "<unk>", "", "", "", ""},
     .type_ids = false,
     .pads_left = true},
    {.names = " gemma gemma2 gemma3 gemma3text ",
     .kind = Kind::kGemma,
     .tokens = {"<bos>", "<eos>", "<unk>", "", "<pad>", "", ""},
     .slow_flags = "aaa.a..",
     .file = "tokenizer.model",
     .type_ids = false,
     .pads_left = true},
};
constexpr TokenizerClass kPlain{.names = ""};

// "XLMRobertaTokenizer" and "xlm-roberta" are both " xlmroberta ".
std::string family_of(std::string_view name) {
  constexpr std::string_view kSuffix = "Tokenizer";
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  std::string family = " ";
  for (const char c : name) {
    if (c != '-' && c != '_') family += static_cast<char>(std::tolower(c));
  }
  return family + " ";
}

bool contains(const std::vector<std::string>& list, std::string_view token) {
  return std::find(list.begin(), list.end(), token) != list.end();
}

void append_missing(std::vector<std::string>& list, std::vector<std::string> more) {
  for (std::string& token : more) {
    if (!contains(list, token)) list.push_back(std::move(token));
  }
}

// "<extra_id_0>" and on: T5's masks.
std::vector<std::string> t5_tokens(const PretrainedConfig& config) {
  std::vector<std::string> list = config.additional();
  const int64_t count = config.number("extra_ids", 100);
  const auto extra = std::count_if(list.begin(), list.end(), [](const std::string& token) {
    return token.find("<extra_id_") != std::string::npos;
  });
  if (extra > 0) {
    if (count == 0 || count == extra) return list;
    throw Error(ErrorCode::kTokenizerFormat, "extra_ids is " + std::to_string(count) +
                                                 ", but there are " + std::to_string(extra) +
                                                 " such tokens among additional_special_tokens.");
  }
  for (int64_t i = 0; i < std::min<int64_t>(count, 10000); ++i) {
    list.push_back("<extra_id_" + std::to_string(i) + ">");
  }
  return list;
}

// Pegasus' mask of sentences, and tokens used only to train it.
std::vector<std::string> pegasus_tokens(const PretrainedConfig& config) {
  const int64_t offset = std::min<int64_t>(config.number("offset", 103), 10000);
  std::vector<std::string> list;
  if (!config.is_null("mask_token_sent")) list = {config.text("mask_token_sent", "<mask_1>")};
  int64_t next = 2;
  if (config.has_additional()) {
    append_missing(list, config.additional());
    next = static_cast<int64_t>(list.size());
  }
  for (int64_t i = next; i < offset - (config.has_additional() ? 1 : 0); ++i) {
    const std::string token = "<unk_" + std::to_string(i) + ">";
    if (contains(list, token)) {
      throw Error(ErrorCode::kTokenizerFormat,
                  "additional_special_tokens has \"" + token + "\" at a place not its own.");
    }
    list.push_back(token);
  }
  return list;
}

// Languages that a class names itself.
std::vector<std::string> language_tokens(const PretrainedConfig& config, Kind kind) {
  std::vector<std::string> list = config.additional();
  if (kind == Kind::kNllb) return config.has_additional() ? list : class_languages(kind, "");
  if (kind == Kind::kMbart50) {
    append_missing(list, class_languages(kind, ""));
    return list;
  }
  std::vector<std::string> codes = class_languages(kind, "");
  append_missing(codes, list);
  return codes;
}

}  // namespace

const TokenizerClass& tokenizer_class(const PretrainedConfig& config, std::string_view model_type) {
  const std::string& name = config.tokenizer_class();
  const std::string family = family_of(name.empty() ? model_type : std::string_view(name));
  for (const TokenizerClass& entry : kClasses) {
    if (entry.names.find(family) != std::string_view::npos) return entry;
  }
  return kPlain;
}

const TokenizerClass& bert_class() {
  return kClasses[0];
}

void apply_class(PretrainedConfig& config, const TokenizerClass& kind, bool converted) {
  const std::string_view flags = converted ? kind.slow_flags : kind.fast_flags;
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    if (!kind.tokens[i].empty()) config.set_default(kKeys[i], kind.tokens[i]);
    if (!flags.empty()) config.set_flags(kKeys[i], flags[i]);
  }
  switch (kind.kind) {
    case Kind::kT5:
      config.set_additional(t5_tokens(config));
      break;
    case Kind::kPegasus:
      // Its class numbers all tokens itself.
      config.added_tokens().clear();
      config.set_additional(pegasus_tokens(config));
      break;
    case Kind::kMbart:
    case Kind::kMbart50:
    case Kind::kNllb:
      config.set_additional(language_tokens(config, kind.kind));
      break;
    case Kind::kCamembert:
      if (config.has_additional()) break;
      config.set_additional({"<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"});
      break;
    default:
      break;
  }
}

const TokenizerClass& apply_class(PretrainedConfig& config, const TokenizerFiles& files,
                                  std::string_view model_type) {
  const TokenizerClass& kind = tokenizer_class(config, model_type);
  apply_class(config, kind, files.find("tokenizer.json") == files.end());
  return kind;
}

}  // namespace dragoman
