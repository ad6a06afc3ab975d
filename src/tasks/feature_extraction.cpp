// The task and its requests.
#include "tasks/feature_extraction.hpp"

#include <algorithm>
#include <utility>

#include "tasks/option_reader.hpp"

namespace dragoman {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

// As SentenceTransformer.encode chooses: the one given, the one named, the model's own.
std::string prompt_of(const FeatureOptions& options, const SentenceModules& modules) {
  if (options.prompt && options.prompt_name) {
    refuse("The options \"prompt\" and \"prompt_name\" exclude each other.");
  }
  if (options.prompt) return *options.prompt;
  if (options.prompt_name) return modules.prompt(*options.prompt_name);
  const auto& usual = modules.default_prompt_name();
  return options.pooling == Pooling::kModel && usual ? modules.prompt(*usual) : "";
}

Precision precision_of(const FeatureOptions& options) {
  if (!options.quantize) {
    if (options.precision) refuse("The option \"precision\" needs \"quantize\": true.");
    return Precision::kFloat;
  }
  if (options.pooling == Pooling::kNone) refuse("The option \"quantize\" needs \"pooling\".");
  return options.precision.value_or(Precision::kBinary);
}

// Tokens a prompt alone has, but for one that ends a text.
int count_prompt_tokens(const Tokenizer& tokenizer, const std::string& prompt) {
  if (prompt.empty()) return 0;
  const Encoding encoding = tokenizer.encode(prompt);
  const bool ends = !encoding.special.empty() && encoding.special.back() != 0;
  return static_cast<int>(encoding.ids.size()) - (ends ? 1 : 0);
}

}  // namespace

std::unique_ptr<Task> make_feature_extraction(const TransformerConfig& config, WeightType type) {
  return std::make_unique<FeatureExtractionTask>(config, type);
}

std::vector<std::string> FeatureExtractionTask::optional_files(const ModelFiles& files) const {
  std::vector<std::string> names = EncoderTask::optional_files(files);
  for (std::string& name : SentenceModules::file_names(files)) names.push_back(std::move(name));
  return names;
}

size_t FeatureExtractionTask::packed_bytes() const {
  return EncoderTask::packed_bytes() + modules_.packed_bytes();
}

void FeatureExtractionTask::finish(const ModelFiles& files) {
  EncoderTask::finish(files);
  modules_ = SentenceModules(files, config().hidden_size);
  modules_.check_tokenizer(tokenizer());
}

void FeatureExtractionTask::write_info(JsonWriter& writer) const {
  EncoderTask::write_info(writer);
  writer.key("similarity");
  writer.string(modules_.similarity());
  writer.key("prompts");
  writer.begin_object();
  for (const auto& [name, prompt] : modules_.prompts()) {
    writer.key(name);
    writer.string(prompt);
  }
  writer.end_object();
}

std::unique_ptr<Job> FeatureExtractionTask::start(Json request) const {
  FeatureOptions options;
  const std::optional<Json> given = request_options(request);
  if (given) read_options(*given, options);
  FeaturePlan plan{options.pooling, options.normalize, precision_of(options),
                   prompt_of(options, modules_), limit(options.truncation, options.max_length)};
  if (plan.pooling == Pooling::kModel) {
    modules_.check_supported();
    // The library cuts there without a word; here it is a limit as any other.
    if (modules_.max_length() && !options.max_length) {
      plan.limit.max_length = std::min(plan.limit.max_length, *modules_.max_length());
    }
  }
  return std::make_unique<FeatureJob>(model(), tokenizer(), modules_, std::move(plan),
                                      options.inspection, read_inputs(request, false));
}

FeatureJob::FeatureJob(const EncoderModel& model, const Tokenizer& tokenizer,
                       const SentenceModules& modules, FeaturePlan plan,
                       InspectionOptions inspection, std::vector<TextInput> inputs)
    : EncoderJob(model, inputs.size(), Inspection(inspection, 0).pass_options()),
      tokenizer_(tokenizer),
      modules_(modules),
      plan_(std::move(plan)),
      inputs_(std::move(inputs)),
      truncated_(inputs_.size()),
      unpooled_(plan_.pooling == Pooling::kNone ? inputs_.size() : 0),
      inspection_(inspection, inputs_.size()) {
  if (plan_.pooling == Pooling::kNone) return;
  const bool by_model = plan_.pooling == Pooling::kModel;
  if (by_model && !modules_.includes_prompt()) {
    prompt_tokens_ = count_prompt_tokens(tokenizer_, plan_.prompt);
  }
  const int hidden_size = model.config().hidden_size;
  width_ = static_cast<size_t>(by_model ? modules_.width(hidden_size) : hidden_size);
  if (plan_.precision == Precision::kFloat) {
    vectors_.resize(texts() * width_);
    return;
  }
  if (width_ % 8 != 0) {
    refuse("The option \"quantize\" needs vectors of a multiple of 8 numbers; this model's have " +
           std::to_string(width_) + ".");
  }
  bits_.resize(texts() * width_ / 8);
}

size_t FeatureJob::prepare(size_t index) {
  const std::string text = plan_.prompt + inputs_[index].text;
  Encoding encoding = encode_input(tokenizer_, text, std::nullopt, plan_.limit, index);
  truncated_[index] = encoding.truncated ? 1 : 0;
  inspection_.keep_tokens(index, encoding);
  add({index, std::move(encoding.ids), std::move(encoding.type_ids), {}});
  inputs_[index] = {};
  return text.size();
}

std::vector<float> FeatureJob::pooled(const PassedSequence& passed,
                                      View<const float> hidden) const {
  if (plan_.pooling == Pooling::kModel) {
    return modules_.apply(passed.context, hidden, prompt_tokens_);
  }
  std::vector<float> values(static_cast<size_t>(hidden.cols));
  const PoolMode mode = plan_.pooling == Pooling::kMean    ? PoolMode::kMean
                        : plan_.pooling == Pooling::kFirst ? PoolMode::kCls
                                                           : PoolMode::kLast;
  pool(mode, hidden, 0, values);
  return values;
}

void FeatureJob::collect(const PassedSequence& passed) {
  const size_t index = passed.sequence.input;
  const View<const float> all = passed.pass.hidden();
  const View<const float> hidden(all.row(passed.first_token),
                                 static_cast<int>(passed.sequence.ids.size()), all.cols);
  const size_t count = passed.sequence.ids.size() * static_cast<size_t>(hidden.cols);
  check_finite({hidden.row(0), count});
  if (plan_.pooling != Pooling::kNone) {
    keep(index, pooled(passed, hidden));
  } else {
    unpooled_[index].assign(hidden.row(0), hidden.row(0) + count);
    for (int row = 0; plan_.normalize && row < hidden.rows; ++row) {
      const auto width = static_cast<size_t>(hidden.cols);
      normalize_length(
          std::span<float>(unpooled_[index]).subspan(static_cast<size_t>(row) * width, width));
    }
  }
  inspection_.collect(passed, model().config());
}

// Puts a text's vector where its result will be read from.
void FeatureJob::keep(size_t index, std::vector<float> values) {
  if (plan_.normalize) normalize_length(values);
  if (plan_.precision == Precision::kFloat) {
    std::copy(values.begin(), values.end(),
              vectors_.begin() + static_cast<std::ptrdiff_t>(index * width_));
  } else {
    const bool flip = plan_.precision == Precision::kBinary;
    pack_signs(values, flip, std::span<uint8_t>(bits_).subspan(index * width_ / 8, width_ / 8));
  }
}

void FeatureJob::write_features(JsonWriter& writer, Attachments& attachments) const {
  if (plan_.precision == Precision::kFloat) {
    attachments.write(writer, {texts(), width_}, vectors_);
  } else {
    attachments.write(writer, {texts(), width_ / 8}, bits_,
                      plan_.precision == Precision::kBinary ? "int8" : "uint8");
  }
}

void FeatureJob::write_vectors(JsonWriter& writer, Attachments& attachments) const {
  const auto width = static_cast<size_t>(model().config().hidden_size);
  writer.begin_array();
  for (const std::vector<float>& values : unpooled_) {
    attachments.write(writer, {1, values.size() / width, width}, values);
  }
  writer.end_array();
}

void FeatureJob::write_result(JsonWriter& writer, Attachments& attachments) const {
  writer.begin_object();
  writer.key("features");
  if (plan_.pooling == Pooling::kNone) {
    write_vectors(writer, attachments);
  } else {
    write_features(writer, attachments);
  }
  writer.key("truncated");
  writer.begin_array();
  for (size_t i = 0; i < truncated_.size(); ++i) {
    if (truncated_[i] != 0) writer.integer(static_cast<long long>(i));
  }
  writer.end_array();
  if (inspection_.any()) {
    writer.key("inspections");
    writer.begin_array();
    for (size_t i = 0; i < texts(); ++i) {
      writer.begin_object();
      inspection_.write(writer, attachments, i, tokenizer_);
      writer.end_object();
    }
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace dragoman
