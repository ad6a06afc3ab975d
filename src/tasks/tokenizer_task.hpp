// A tokenizer by itself: texts to ids with all that belongs to them, ids to text, tokens to ids and
// back. There is no network, so that no weights are loaded.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.hpp"
#include "tasks/tokenizer_info.hpp"
#include "tasks/tokenizer_options.hpp"

namespace dragoman {

/// Its name among tasks; not one of those that pipelines are made for.
inline constexpr std::string_view kTokenizerTask = "tokenizer";

/// A text, a pair, or a text that was cut into words.
struct TokenizerInput {
  std::string text;
  std::optional<std::string> pair;
  std::vector<std::string> words;
};

/// How rows are made longer.
struct PaddingRules {
  int32_t token = -1;  // -1: the tokenizer has none
  int32_t type_id = 0;
  bool left = false;
};

class TokenizerTask final : public Task {
 public:
  const TransformerConfig& config() const override { return config_; }
  SlotTable& slots() override { return slots_; }
  size_t packed_bytes() const override { return 0; }
  bool has_network() const override { return false; }
  bool takes_chats() const override { return true; }
  /// config.json, which tells the model's type, and what a tokenizer of that type is made of.
  std::vector<std::string> optional_files(const ModelFiles& files) const override;
  void finish(const ModelFiles& files) override;
  /// Writes "max_length" (0: there is none published) and "tokenizer", an object of its special
  /// tokens and ids.
  void write_info(JsonWriter& writer) const override;
  /// The member "action" of a request is "encode" (also without it), "decode", "ids" or "tokens".
  std::unique_ptr<Job> start(Json request) const override;

 private:
  void settle(TokenizerOptions& options) const;
  std::unique_ptr<Job> start_encoding(Json request) const;

  TransformerConfig config_;
  SlotTable slots_;
  std::unique_ptr<Tokenizer> tokenizer_;
  TokenizerInfo info_;
  bool type_ids_ = true;
  bool attention_mask_ = true;
  PaddingRules padding_;
};

/// Encodes texts. @param options  settled: definite but for limits that do not matter
std::unique_ptr<Job> make_encoding_job(const Tokenizer& tokenizer, TokenizerOptions options,
                                       PaddingRules padding, std::vector<TokenizerInput> inputs);

/// Texts of the ids that the request's inputs are arrays of.
std::unique_ptr<Job> make_decoding_job(const Tokenizer& tokenizer, Json request);
/// Ids of tokens; `unknown` of those that there are not, null where that is -1.
std::unique_ptr<Job> make_ids_job(const Tokenizer& tokenizer, int32_t unknown, Json request);
/// Tokens of ids, null where there is none.
std::unique_ptr<Job> make_tokens_job(const Tokenizer& tokenizer, Json request);

}  // namespace dragoman
