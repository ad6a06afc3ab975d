// The options of tasks that run an encoder, each field with its line; see options.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/options.hpp"

namespace dragoman {

enum class ScoreFunction { kByModel, kSoftmax, kSigmoid, kNone };
/// How the vectors of a text's tokens become one.
enum class Pooling { kNone, kMean, kFirst, kLast, kModel };
/// What is left of a vector's numbers: their signs, as bits of signed or unsigned bytes.
enum class Precision { kFloat, kBinary, kUnsignedBinary };

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

}  // namespace dragoman
