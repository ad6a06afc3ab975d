// Prints the tables of options and error codes as JSON, for tools/generate.mjs. A native program:
// neither the tables' documentation nor this walk over them is part of the wasm modules.
#include <cstdio>
#include <string>

#include "base/error.hpp"
#include "base/json_writer.hpp"
#include "tasks/encoder_options.hpp"
#include "tasks/text2text_options.hpp"
#include "tasks/tokenizer_options.hpp"

namespace dragoman {

namespace {

// The kind of a field, which the generator maps to a TypeScript type, and its default.
class Describer {
 public:
  explicit Describer(JsonWriter& writer) : writer_(writer) {}

  template <typename Field>
  void operator()(std::string_view name, const Field& field, const FieldNote& note) {
    writer_.begin_object();
    text("name", name);
    text("doc", note.doc);
    describe(field);
    // Fields that are not numbers leave the range empty.
    if (note.min < note.max) {
      writer_.key("min");
      writer_.number(note.min);
      writer_.key("max");
      writer_.number(note.max);
    }
    writer_.key("fromModel");
    writer_.boolean(note.from_model);
    writer_.end_object();
  }

 private:
  void text(std::string_view key, std::string_view value) {
    writer_.key(key);
    writer_.string(value);
  }
  // Writes the kind; the default follows.
  void kind(std::string_view name) {
    text("kind", name);
    writer_.key("default");
  }

  // One overload per type of field, as in FieldReader; a new type that lacks one does not compile.
  void describe(bool field) {
    kind("boolean");
    writer_.boolean(field);
  }
  void describe(int field) {
    kind("integer");
    writer_.integer(field);
  }
  void describe(float field) {
    kind("number");
    writer_.number(static_cast<double>(field));
  }
  void describe(const std::optional<int>& field) {
    kind("optional-integer");
    field ? writer_.integer(*field) : writer_.null();
  }
  void describe(const std::optional<float>& field) {
    kind("optional-number");
    field ? writer_.number(static_cast<double>(*field)) : writer_.null();
  }
  void describe(const std::string& field) {
    kind("text");
    writer_.string(field);
  }
  void describe(const std::optional<std::string>&) {
    kind("optional-text");
    writer_.null();
  }
  void describe(const std::vector<std::string>& field) {
    kind("texts");
    if (field.empty()) return writer_.null();
    writer_.begin_array();
    for (const std::string& text : field) writer_.string(text);
    writer_.end_array();
  }
  void describe(Aggregation) {
    kind("aggregation");
    writer_.string("none");
  }
  void describe(Pooling) {
    kind("pooling");
    writer_.string("none");
  }
  void describe(const std::optional<Precision>&) {
    kind("precision");
    writer_.null();
  }
  void describe(EarlyStopping field) {
    kind("early-stopping");
    writer_.boolean(field == EarlyStopping::kTrue);
  }
  void describe(ScoreFunction) {
    kind("score-function");
    writer_.null();
  }
  void describe(Truncation field) {
    kind("truncation");
    writer_.boolean(field != Truncation::kNone);
  }
  void describe(const std::optional<Truncation>&) {
    kind("optional-truncation");
    writer_.null();
  }
  void describe(const std::optional<bool>&) {
    kind("optional-boolean");
    writer_.null();
  }
  void describe(Padding field) {
    kind("padding");
    writer_.boolean(field != Padding::kNone);
  }
  void describe(PaddingSide) {
    kind("padding-side");
    writer_.null();
  }
  void describe(const std::vector<int32_t>&) {
    kind("token-ids");
    writer_.null();
  }
  void describe(const std::vector<std::vector<int32_t>>&) {
    kind("token-sequences");
    writer_.null();
  }
  void describe(const std::vector<SequenceBias>&) {
    kind("token-biases");
    writer_.null();
  }
  void describe(const std::optional<LengthDecay>&) {
    kind("length-decay");
    writer_.null();
  }

  JsonWriter& writer_;
};

// Defaults are read off a fresh struct, so that they are written down nowhere else.
template <typename Options>
void describe_struct(JsonWriter& writer, std::string_view name, std::string_view doc) {
  Options defaults;
  writer.begin_object();
  writer.key("name");
  writer.string(name);
  writer.key("doc");
  writer.string(doc);
  writer.key("fields");
  writer.begin_array();
  visit_fields(defaults, Describer(writer));
  writer.end_array();
  writer.end_object();
}

void describe_error(JsonWriter& writer, std::string_view code, std::string_view meaning,
                    std::string_view remedy) {
  writer.begin_object();
  writer.key("code");
  writer.string(code);
  writer.key("meaning");
  writer.string(meaning);
  writer.key("remedy");
  writer.string(remedy);
  writer.end_object();
}

std::string description() {
  JsonWriter writer;
  writer.begin_object();
  writer.key("structs");
  writer.begin_array();
  describe_struct<Text2TextOptions>(writer, "Text2TextOptions",
                                    "Options of a text that is made from a text.");
  describe_struct<TranslationOptions>(writer, "TranslationOptions", "Options of a translation.");
  describe_struct<SummarizationOptions>(writer, "SummarizationOptions", "Options of a summary.");
  describe_struct<TextGenerationOptions>(writer, "TextGenerationOptions",
                                         "Options of texts that go on, or of chats.");
  describe_struct<ClassificationOptions>(writer, "ClassificationOptions",
                                         "Options of a text classification.");
  describe_struct<ZeroShotOptions>(writer, "ZeroShotOptions",
                                   "Options of a zero-shot classification.");
  describe_struct<FillMaskOptions>(writer, "FillMaskOptions", "Options of filling masks.");
  describe_struct<FeatureOptions>(writer, "FeatureOptions", "Options of a feature extraction.");
  describe_struct<TokenClassificationOptions>(writer, "TokenClassificationOptions",
                                              "Options of a token classification.");
  describe_struct<QuestionAnsweringOptions>(writer, "QuestionAnsweringOptions",
                                            "Options of answering questions.");
  describe_struct<SemanticRoleOptions>(writer, "SemanticRoleOptions",
                                       "Options of a semantic role labelling.");
  describe_struct<TokenizerOptions>(writer, "TokenizerOptions", "Options of a tokenizer's call.");
  describe_struct<DecodeOptions>(writer, "DecodeOptions", "Options of text from tokens.");
  writer.end_array();
  writer.key("errors");
  writer.begin_array();
#define DRAGOMAN_DESCRIBE(name, code, meaning, remedy) \
  describe_error(writer, code, meaning, remedy);
  DRAGOMAN_ERROR_CODES(DRAGOMAN_DESCRIBE)
#undef DRAGOMAN_DESCRIBE
  writer.end_array();
  writer.end_object();
  return writer.text();
}

}  // namespace

}  // namespace dragoman

int main() {
  return std::puts(dragoman::description().c_str()) < 0 ? 1 : 0;
}
