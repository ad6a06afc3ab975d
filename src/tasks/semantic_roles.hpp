// Semantic role labelling: a sentence and its predicates in, who did what to whom for each of them
// out, through an encoder that labels tokens.
//
// What a model is: token classification with labels B-ARG0, I-ARG0, B-V, … and O, told which word
// is the predicate by token type 1 on all tokens of it, and 0 on all others (the convention of
// AllenNLP's BERT models, Shi and Lin 2019). The label of a word is that of its first token.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/bio_tags.hpp"
#include "tasks/encoder_options.hpp"
#include "tasks/encoder_task.hpp"
#include "tasks/token_windows.hpp"

namespace dragoman {

/// How a predicate is named: by index of a word, by a span of UTF-16 units, or by its text.
struct PredicateQuery {
  enum class Kind { kWord, kSpan, kText };
  Kind kind = Kind::kWord;
  size_t word = 0;
  uint32_t start = 0;
  uint32_t end = 0;
  std::u16string text;
};

struct RoleInput {
  std::string text;
  std::vector<std::string> words;  // instead of the text
  std::vector<PredicateQuery> predicates;
};

class SemanticRoleTask final : public EncoderTask {
 public:
  /// Throws unsupported-model where labels or token types lack.
  SemanticRoleTask(const TransformerConfig& config, WeightType type);
  /// Writes "labels" too.
  void write_info(JsonWriter& writer) const override;
  std::unique_ptr<Job> start(Json request) const override;

 private:
  BioTags tags_;
};

/// One request: a sequence for each predicate.
class SemanticRoleJob final : public EncoderJob {
 public:
  SemanticRoleJob(const EncoderModel& model, const Tokenizer& tokenizer, const BioTags& tags,
                  TokenLimit limit, SemanticRoleOptions options, std::vector<RoleInput> inputs);
  void write_result(JsonWriter& writer, Attachments& attachments) const override;

 private:
  struct Role {
    std::string name;
    float score = 0.0F;  // mean probability of the labels of its words
    uint32_t start = 0;
    uint32_t end = 0;
  };
  struct Predicate {
    uint32_t start = 0;
    uint32_t end = 0;
    std::vector<Role> roles;
  };
  struct Sentence {
    std::u16string units;
    Encoding encoding;
    std::vector<size_t> first_tokens;  // of its words
    std::vector<Predicate> predicates;
    size_t passed = 0;
  };
  size_t prepare(size_t input) override;
  void collect(const PassedSequence& passed) override;
  void add_predicate(Sentence& sentence, size_t input, const PredicateQuery& query,
                     const std::string& name);
  bool mark(Sentence& sentence, size_t input, uint32_t start, uint32_t end);
  uint32_t word_end(const Sentence& sentence, size_t word) const;
  void write_predicate(JsonWriter& writer, const Sentence& sentence,
                       const Predicate& predicate) const;

  const Tokenizer& tokenizer_;
  const BioTags& tags_;
  TokenLimit limit_;
  SemanticRoleOptions options_;
  std::vector<RoleInput> inputs_;  // each emptied once tokenised
  std::vector<Sentence> sentences_;
};

}  // namespace dragoman
