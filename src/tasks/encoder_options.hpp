// The options of tasks that run an encoder, each field with its line; see field_note.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/field_note.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

enum class ScoreFunction { kByModel, kSoftmax, kSigmoid, kNone };
/// How the vectors of a text's tokens become one.
enum class Pooling { kNone, kMean, kFirst, kLast, kModel };
/// What is left of a vector's numbers: their signs, as bits of signed or unsigned bytes.
enum class Precision { kFloat, kBinary, kUnsignedBinary };

/// How the labels of tokens become those of words and entities, see entities.hpp.
enum class Aggregation { kNone, kSimple, kFirst, kAverage, kMax };

struct InspectionOptions {
  bool output_attentions = false;
  bool output_hidden_states = false;
};

struct ClassificationOptions {
  std::optional<int> top_k = 1;
  ScoreFunction function_to_apply = ScoreFunction::kByModel;
  Truncation truncation = Truncation::kNone;
  std::optional<int> max_length;
  InspectionOptions inspection;
};

struct ZeroShotOptions {
  std::vector<std::string> candidate_labels;
  std::string hypothesis_template = "This example is {}.";
  bool multi_label = false;
};

struct FillMaskOptions {
  int top_k = 5;
  std::vector<std::string> targets;
  Truncation truncation = Truncation::kNone;
  std::optional<int> max_length;
};

struct FeatureOptions {
  Pooling pooling = Pooling::kNone;
  bool normalize = false;
  bool quantize = false;
  std::optional<Precision> precision;
  std::optional<std::string> prompt;
  std::optional<std::string> prompt_name;
  Truncation truncation = Truncation::kNone;
  std::optional<int> max_length;
  InspectionOptions inspection;
};

struct TokenClassificationOptions {
  Aggregation aggregation_strategy = Aggregation::kNone;
  std::vector<std::string> ignore_labels = {"O"};
  std::optional<int> stride;
  bool is_split_into_words = false;
  std::string delimiter = " ";
};

struct QuestionAnsweringOptions {
  int top_k = 1;
  std::optional<int> doc_stride;
  int max_answer_len = 15;
  std::optional<int> max_seq_len;
  std::optional<int> max_question_len;
  bool handle_impossible_answer = false;
  bool align_to_words = true;
};

struct SemanticRoleOptions {
  std::string delimiter = " ";
};

template <typename Visit>
void visit_length_fields(Truncation& truncation, std::optional<int>& max_length, Visit&& visit) {
  visit("truncation", truncation,
        FieldNote{"What is cut from a text, or pair, that has too many tokens; `true` is "
                  "`'longest_first'`. Without it such a text is refused."});
  visit("max_length", max_length,
        FieldNote{"Most tokens of a text, special ones included; `null` for what the model "
                  "takes.",
                  1, kMaxTokens});
}

template <typename Visit>
void visit_inspection_fields(InspectionOptions& options, Visit&& visit) {
  visit("output_attentions", options.output_attentions,
        FieldNote{"The attentions of every layer come along, with the tokens they belong to."});
  visit("output_hidden_states", options.output_hidden_states,
        FieldNote{"What enters the first layer and leaves each comes along, with the tokens."});
}

template <typename Visit>
void visit_fields(ClassificationOptions& options, Visit&& visit) {
  visit("top_k", options.top_k,
        FieldNote{"Number of labels returned, best first; `null` for all.", 1, kMaxTokens});
  visit("function_to_apply", options.function_to_apply,
        FieldNote{"How logits become scores. `null` follows the model: none for regression, "
                  "sigmoid for several labels at once or a single label, else softmax."});
  visit_length_fields(options.truncation, options.max_length, visit);
  visit_inspection_fields(options.inspection, visit);
}

template <typename Visit>
void visit_fields(ZeroShotOptions& options, Visit&& visit) {
  visit("candidate_labels", options.candidate_labels,
        FieldNote{"The labels to choose from; they are usually the second argument."});
  visit("hypothesis_template", options.hypothesis_template,
        FieldNote{"The sentence that says of a text that it has a label, which replaces `{}`."});
  visit("multi_label", options.multi_label,
        FieldNote{"Several labels may be right: each is judged by itself. Otherwise the scores of "
                  "all add up to 1."});
}

template <typename Visit>
void visit_fields(FillMaskOptions& options, Visit&& visit) {
  visit("top_k", options.top_k,
        FieldNote{"Number of words returned for each mask, best first.", 1, kMaxTokenId});
  visit("targets", options.targets,
        FieldNote{"The only words to choose from. Of one that is no token of the model the first "
                  "token counts."});
  visit_length_fields(options.truncation, options.max_length, visit);
}

template <typename Visit>
void visit_fields(FeatureOptions& options, Visit&& visit) {
  visit("pooling", options.pooling,
        FieldNote{"How the vectors of a text's tokens become one; with `'none'` they do not. "
                  "`'model'` is what the folder of a sentence-transformers model says, with its "
                  "further layers, prompt and greatest length; without such files it is "
                  "`'mean'`."});
  visit("normalize", options.normalize, FieldNote{"Vectors get the length 1."});
  visit("quantize", options.quantize,
        FieldNote{"Of each number only its sign is returned, as a bit; eight make a byte."});
  visit("precision", options.precision,
        FieldNote{"Bytes of `quantize`: signed (`'binary'`, the default) or not (`'ubinary'`)."});
  visit("prompt", options.prompt, FieldNote{"Put in front of every text."});
  visit("prompt_name", options.prompt_name,
        FieldNote{"Name of a prompt of the model, instead of `prompt`."});
  visit_length_fields(options.truncation, options.max_length, visit);
  visit_inspection_fields(options.inspection, visit);
}

template <typename Visit>
void visit_fields(TokenClassificationOptions& options, Visit&& visit) {
  visit("aggregation_strategy", options.aggregation_strategy,
        FieldNote{"Whether tokens are joined to entities: `'none'` returns tokens, `'simple'` "
                  "joins neighbours with one label; `'first'`, `'average'` and `'max'` first give "
                  "each word one label, by its first token, its mean scores or its surest token."});
  visit("ignore_labels", options.ignore_labels, FieldNote{"Labels that are left out."});
  visit("stride", options.stride,
        FieldNote{"Tokens that neighbouring windows of a text longer than the model have in "
                  "common; `null` for a quarter of a window.",
                  0, kMaxTokens});
  visit("is_split_into_words", options.is_split_into_words,
        FieldNote{"An input is an array of words; offsets are those in the words joined."});
  visit("delimiter", options.delimiter, FieldNote{"What such words are joined with."});
}

template <typename Visit>
void visit_fields(QuestionAnsweringOptions& options, Visit&& visit) {
  visit("top_k", options.top_k, FieldNote{"Most answers returned, best first.", 1, kMaxTokens});
  visit("doc_stride", options.doc_stride,
        FieldNote{"Tokens that neighbouring windows of a long context have in common; `null` for "
                  "128, or half of `max_seq_len` where that is less.",
                  0, kMaxTokens});
  visit("max_answer_len", options.max_answer_len,
        FieldNote{"Most tokens of an answer.", 1, kMaxTokens});
  visit("max_seq_len", options.max_seq_len,
        FieldNote{"Most tokens of question and window together; `null` for 384, or what the model "
                  "takes where that is less.",
                  1, kMaxTokens});
  visit("max_question_len", options.max_question_len,
        FieldNote{"A question is cut to this many tokens; `null` leaves it whole.", 1, kMaxTokens});
  visit("handle_impossible_answer", options.handle_impossible_answer,
        FieldNote{"The empty answer takes part, with the score that there is none."});
  visit("align_to_words", options.align_to_words,
        FieldNote{"Answers begin and end with whole words."});
}

template <typename Visit>
void visit_fields(SemanticRoleOptions& options, Visit&& visit) {
  visit("delimiter", options.delimiter,
        FieldNote{"What the words of an input given as words are joined with."});
}

}  // namespace dragoman
