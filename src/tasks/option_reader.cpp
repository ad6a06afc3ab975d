// From the members of a request to the structs of options.
#include "tasks/option_reader.hpp"

#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "tasks/field_reader.hpp"
#include "tasks/option_names.hpp"

namespace dragoman {

namespace {

// Walks the members of the request rather than the fields of the struct, so that every one of
// them is either used or refused.
template <typename Options>
void read_members(Json options, Options& target) {
  if (options.is_null()) return;
  if (!options.is_object()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The options are " + shown_value(options) + "; an object is expected.");
  }
  options.each_member([&](std::string_view name, Json value) {
    FieldReader reader(name, value);
    visit_fields(target, reader);
    if (reader.found() || has_no_effect(name, value)) return;
    std::vector<std::string_view> known;
    visit_fields(target,
                 [&](std::string_view field, auto&, const FieldNote&) { known.push_back(field); });
    refuse_unknown(name, known);
  });
}

// A limit the caller names replaces the one of the other name that came from the model.
void settle_limits(Json options, GenerationConfig& generation) {
  if (!options.is_object()) return;
  if (options.has("max_length") && !options.has("max_new_tokens")) {
    generation.max_new_tokens.reset();
  }
  if (options.has("min_length") && !options.has("min_new_tokens")) {
    generation.min_new_tokens.reset();
  }
}

}  // namespace

void read_options(Json options, Text2TextOptions& target) {
  read_members(options, target);
  settle_limits(options, target.generation);
}
void read_options(Json options, TranslationOptions& target) {
  read_members(options, target);
  settle_limits(options, target.base.generation);
}
void read_options(Json options, SummarizationOptions& target) {
  read_members(options, target);
  settle_limits(options, target.base.generation);
}
void read_options(Json options, TextGenerationOptions& target) {
  read_members(options, target);
  settle_limits(options, target.base.generation);
}
void read_options(Json options, ClassificationOptions& target) {
  read_members(options, target);
}
void read_options(Json options, ZeroShotOptions& target) {
  read_members(options, target);
}
void read_options(Json options, FillMaskOptions& target) {
  read_members(options, target);
}
void read_options(Json options, FeatureOptions& target) {
  read_members(options, target);
}
void read_options(Json options, TokenClassificationOptions& target) {
  read_members(options, target);
}
void read_options(Json options, QuestionAnsweringOptions& target) {
  read_members(options, target);
}
void read_options(Json options, SemanticRoleOptions& target) {
  read_members(options, target);
}
void read_options(Json options, TokenizerOptions& target) {
  read_members(options, target);
}
void read_options(Json options, DecodeOptions& target) {
  read_members(options, target);
}

}  // namespace dragoman
