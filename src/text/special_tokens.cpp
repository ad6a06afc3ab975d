// The table of classes, by `transformers` 4.57.
#include "text/special_tokens.hpp"

#include <cctype>
#include <string>

namespace dragoman {

namespace {

constexpr std::string_view kKeys[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                      "pad_token", "cls_token", "mask_token"};

// Classes are named as their models are, without capitals and signs: "xlmroberta".
struct ClassEntry {
  std::string_view names;      // each between spaces
  std::string_view tokens[7];  // in the order of kKeys; empty for none
  TokenizerClass inputs;
};

constexpr ClassEntry kClasses[] = {
    {" bert electra mobilebert convbert layoutlm squeezebert lxmert ",
     {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"},
     {}},
    {" distilbert ", {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}, {.type_ids = false}},
    {" roberta xlmroberta camembert bart longformer led mvp mbart barthez nllb ",
     {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
     {.type_ids = false}},
    {" mpnet ", {"<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"}, {.type_ids = false}},
    {" albert ", {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"}, {}},
    {" deberta debertav2 ", {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}, {}},
    {" t5 mt5 marian pegasus ", {"", "</s>", "<unk>", "", "<pad>", "", ""}, {.type_ids = false}},
    {" m2m100 mbart50 ", {"<s>", "</s>", "<unk>", "</s>", "<pad>", "", ""}, {.type_ids = false}},
    {" gpt2 gptneox ",
     {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""},
     {.type_ids = false}},
    {" qwen2 ",
     {"", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>", "", ""},
     {.type_ids = false}},
    {" llama codellama ",
     {"<s>", "</s>", "<unk>", "", "", "", ""},
     {.type_ids = false, .pads_left = true}},
    {" gemma ",
     {"<bos>", "<eos>", "<unk>", "", "<pad>", "", ""},
     {.type_ids = false, .pads_left = true}},
};

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

}  // namespace

TokenizerClass apply_class(PretrainedConfig& config, std::string_view model_type) {
  const std::string& name = config.tokenizer_class();
  const std::string family = family_of(name.empty() ? model_type : std::string_view(name));
  for (const ClassEntry& entry : kClasses) {
    if (entry.names.find(family) == std::string_view::npos) continue;
    for (size_t i = 0; i < std::size(kKeys); ++i) {
      if (!entry.tokens[i].empty()) config.set_default(kKeys[i], entry.tokens[i]);
    }
    return entry.inputs;
  }
  return {};
}

}  // namespace dragoman
