// Tokens, their kinds and scores.
#include "models/gguf_vocabulary.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "text/piece_merges.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kTokens = "tokenizer.ggml.tokens";

constexpr const char* kLlama3Pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr const char* kQwen2Pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr GgufSplitting kSplittings[] = {
    {" gpt-2 default ", nullptr},
    {" smollm starcoder refact command-r codeshell ", nullptr, true},
    {" llama-bpe llama3 llama-v3 ", kLlama3Pattern, false, false, true, true},
    {" qwen2 deepseek-r1-qwen ", kQwen2Pattern, false, true},
};

}  // namespace

const GgufSplitting& gguf_splitting(const GgufHeader& header) {
  const std::string name(header.text("tokenizer.ggml.pre", "default"));
  for (const GgufSplitting& splitting : kSplittings) {
    if (splitting.names.find(" " + name + " ") != std::string_view::npos) return splitting;
  }
  throw Error(ErrorCode::kUnsupportedModel,
              header.file() + ": the tokenizer.ggml.pre \"" + name + "\" is not supported.");
}

int64_t GgufVocabulary::id(const GgufHeader& header, const char* field, int64_t fallback) const {
  const int64_t value = header.integer(std::string("tokenizer.ggml.") + field, fallback);
  if (value >= -1 && value < static_cast<int64_t>(tokens.size())) return value;
  header.fail(std::string(": tokenizer.ggml.") + field + " is " + std::to_string(value) +
              ", outside a vocabulary of " + std::to_string(tokens.size()) + ".");
}

GgufVocabulary::GgufVocabulary(const GgufHeader& header) {
  const std::string_view model = header.text("tokenizer.ggml.model", "");
  pieces = model == "llama";
  if (!pieces && model != "gpt2") {
    throw Error(ErrorCode::kUnsupportedModel, header.file() + ": the tokenizer.ggml.model \"" +
                                                  std::string(model.substr(0, 60)) +
                                                  "\" is not supported, only gpt2 and llama.");
  }
  tokens.resize(header.count(kTokens));
  header.each_text(kTokens, [this](size_t i, std::string_view token) { tokens[i] = token; });
  kinds.assign(tokens.size(), kNormal);
  scores.assign(tokens.size(), 0.0F);
  const auto read = [&](std::string_view key, auto& values) {
    if (!header.has(key)) return;
    if (header.count(key) != tokens.size()) {
      header.fail(": " + std::string(key) + " has " + std::to_string(header.count(key)) +
                  " elements for " + std::to_string(tokens.size()) + " tokens.");
    }
    header.each_number(key, [&values](size_t i, double value) {
      // A NaN and what is out of range become 0: such tokens are ordinary.
      const bool fits = value > -1e30 && value < 1e30;
      values[i] = static_cast<std::remove_reference_t<decltype(values[i])>>(
          fits ? std::clamp(value, -2e9, 2e9) : 0.0);
    });
  };
  read("tokenizer.ggml.token_type", kinds);
  read("tokenizer.ggml.scores", scores);
  bos = id(header, "bos_token_id", pieces ? 1 : -1);
  eos = id(header, "eos_token_id", pieces ? 2 : -1);
  unknown = id(header, "unknown_token_id", pieces ? 0 : -1);
  const bool by_default = pieces || gguf_splitting(header).add_bos;
  add_bos = header.flag("tokenizer.ggml.add_bos_token", by_default) && bos >= 0;
  add_eos = header.flag("tokenizer.ggml.add_eos_token", false) && eos >= 0;
  if (header.has("tokenizer.ggml.token_type")) return;
  for (const int64_t special : {bos, eos}) {
    if (special >= 0) kinds[static_cast<size_t>(special)] = kControl;
  }
}

BpeMergeList gguf_merges(const GgufVocabulary& words) {
  std::unordered_map<std::string_view, int32_t> ids;
  for (size_t i = 0; i < words.tokens.size(); ++i) {
    ids.emplace(words.tokens[i], static_cast<int32_t>(i));
  }
  PieceMerges merges([&ids](std::string_view text) {
    const auto found = ids.find(text);
    return found == ids.end() ? -1 : found->second;
  });
  for (size_t id = 0; id < words.tokens.size(); ++id) {
    merges.add(words.tokens[id], static_cast<double>(words.scores[id]));
  }
  return merges.ordered();
}

}  // namespace dragoman
