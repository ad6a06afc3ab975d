// config.json: which family it is, and the fields every family reads alike.
#include "models/config.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "models/config_reader.hpp"
#include "models/families.hpp"

namespace dragoman {

namespace {

// The file is called by its published name: whoever reads the message has it before them.
[[noreturn]] void refuse(ErrorCode code, const std::string& what) {
  throw Error(code, "config.json: " + what + ".");
}

// Names of transformers' ACT2FN whose function the kernels compute exactly.
constexpr std::array<std::pair<std::string_view, Activation>, 12> kActivations = {{
    {"relu", Activation::kRelu},
    {"gelu", Activation::kGelu},
    {"gelu_python", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh},
    {"gelu_accurate", Activation::kGeluTanh},
    {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"gelu_python_tanh", Activation::kGeluTanh},
    {"silu", Activation::kSilu},
    {"swish", Activation::kSilu},
    {"tanh", Activation::kTanh},
    {"linear", Activation::kNone},
}};

// Far above any published head; a larger map is damage and would be allocated for.
constexpr size_t kMaxLabels = size_t{1} << 16;

// Python keeps labels of any JSON kind; published ones are text, or numbers such as stars.
std::string label_text(const Json& label) {
  return label.is_integer() ? std::to_string(label.as_int()) : std::string(label.as_string());
}

// JSON keys are text, so ids are written "0", "1", ... and not always in order. Every id below the
// count has to occur, or a logit would have no name.
size_t label_index(std::string_view id, size_t count) {
  size_t index = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), index);
  if (error != std::errc() || end != id.data() + id.size() || index >= count) {
    refuse(ErrorCode::kModelFormat, "id2label has the id \"" + std::string(id) + "\" among its " +
                                        std::to_string(count) + " labels");
  }
  return index;
}

}  // namespace

void refuse_model(const std::string& what) {
  refuse(ErrorCode::kUnsupportedModel, what);
}

void refuse_config(const std::string& what) {
  refuse(ErrorCode::kModelFormat, what);
}

int ConfigReader::size(std::string_view field, int fallback, int limit) const {
  return integer(field, fallback, 1, limit);
}

int ConfigReader::count(std::string_view field, int fallback, int limit) const {
  return integer(field, fallback, 0, limit);
}

int ConfigReader::integer(std::string_view field, int fallback, int least, int most) const {
  // Compared as 64 bits: a value beyond int must be refused, not wrapped.
  const int64_t value = config_.get_int(field, fallback);
  if (value < least || value > most) {
    refuse(ErrorCode::kModelFormat, std::string(field) + " is " + std::to_string(value) +
                                        ", outside " + std::to_string(least) + " to " +
                                        std::to_string(most));
  }
  return static_cast<int>(value);
}

int ConfigReader::token(std::string_view field, int fallback, int limit) const {
  if (!config_.has(field)) {
    // An explicit null says that there is no such token.
    return is_null(field) || fallback >= limit ? -1 : fallback;
  }
  const int64_t value = config_.at(field).as_int();
  if (value < 0 || value >= limit) {
    refuse(ErrorCode::kModelFormat, std::string(field) + " is " + std::to_string(value) +
                                        ", outside a vocabulary of " + std::to_string(limit));
  }
  return static_cast<int>(value);
}

// has() does not tell a null from absence.
bool ConfigReader::is_null(std::string_view field) const {
  bool found = false;
  config_.each_member(
      [&](std::string_view name, const Json& value) { found |= name == field && value.is_null(); });
  return found;
}

bool ConfigReader::flag(std::string_view field, bool fallback) const {
  return config_.get_bool(field, fallback);
}

float ConfigReader::epsilon(std::string_view field, double fallback) const {
  const double value = config_.get_double(field, fallback);
  // Written so that a NaN fails too.
  if (!(value > 0.0) || !(value < 1.0)) {
    refuse(ErrorCode::kModelFormat,
           std::string(field) + " is " + std::to_string(value) + ", outside 0 to 1");
  }
  return static_cast<float>(value);
}

Activation ConfigReader::activation(std::string_view field, std::string_view fallback) const {
  return activation_named(config_.get_string(field, fallback), field);
}

Activation activation_named(std::string_view name, std::string_view field) {
  for (const auto& [known, activation] : kActivations) {
    if (known == name) return activation;
  }
  refuse(ErrorCode::kUnsupportedModel, std::string(field) + " \"" + std::string(name) +
                                           "\" is not among the supported activations");
}

void ConfigReader::require_flag(std::string_view field, bool value) const {
  if (flag(field, value) == value) return;
  refuse(ErrorCode::kUnsupportedModel,
         std::string(field) + " " + (value ? "false" : "true") + " is not supported");
}

void ConfigReader::require_text(std::string_view field, std::string_view value) const {
  const std::string found = config_.get_string(field, value);
  if (found == value) return;
  refuse(ErrorCode::kUnsupportedModel, std::string(field) + " \"" + found +
                                           "\" is not supported, only \"" + std::string(value) +
                                           "\"");
}

void ConfigReader::read_labels(TransformerConfig& config) const {
  const std::string problem = config_.get_string("problem_type", "");
  config.multi_label = problem == "multi_label_classification";
  config.regression = problem == "regression";
  if (!problem.empty() && !config.multi_label && !config.regression &&
      problem != "single_label_classification") {
    refuse(ErrorCode::kModelFormat, "problem_type \"" + problem + "\" is unknown");
  }
  // Where both are given transformers warns and follows id2label.
  if (!config_.has("id2label")) {
    const int count = size("num_labels", 2, kMaxWidth);
    for (int i = 0; i < count; ++i) config.labels.push_back("LABEL_" + std::to_string(i));
    return;
  }
  const Json labels = config_.at("id2label");
  const size_t count = labels.size();
  if (!labels.is_object() || count == 0 || count > kMaxLabels) {
    refuse(ErrorCode::kModelFormat,
           "id2label is no map of 1 to " + std::to_string(kMaxLabels) + " labels");
  }
  config.labels.resize(count);
  std::vector<bool> seen(count);
  labels.each_member([&](std::string_view id, const Json& label) {
    const size_t index = label_index(id, count);
    if (seen[index]) {
      refuse(ErrorCode::kModelFormat, "id2label has the id " + std::to_string(index) + " twice");
    }
    seen[index] = true;
    config.labels[index] = label_text(label);
  });
}

std::string ConfigReader::architecture() const {
  if (!config_.has("architectures") || config_.at("architectures").size() == 0) return "";
  return std::string(config_.at("architectures").at(size_t{0}).as_string());
}

void ConfigReader::check_quantization() const {
  if (!config_.has("quantization_config")) return;
  const std::string method = config_.at("quantization_config").get_string("quant_method", "");
  if (method == "compressed-tensors") return;
  refuse(ErrorCode::kUnsupportedModel, "quantization_config.quant_method \"" + method +
                                           "\" is not supported, only \"compressed-tensors\"");
}

void check_heads(int hidden_size, int heads, std::string_view heads_field) {
  if (hidden_size % heads == 0) return;
  refuse(ErrorCode::kModelFormat, "a hidden size of " + std::to_string(hidden_size) +
                                      " does not divide over " + std::string(heads_field) + " " +
                                      std::to_string(heads));
}

TransformerConfig read_config(Json config) {
  const std::string model_type(config.at("model_type").as_string());
  std::string known;
  for (const Family* family : kFamilies) {
    if (family->model_type == model_type) {
      const ConfigReader reader(config);
      reader.check_quantization();
      TransformerConfig result = family->read(reader);
      result.model_type = model_type;
      result.architecture = reader.architecture();
      return result;
    }
    known += (known.empty() ? "" : ", ") + std::string(family->model_type);
  }
  refuse(ErrorCode::kUnsupportedModel,
         "model_type \"" + model_type + "\" is not supported, only " + known);
}

void check_weight_type(const TransformerConfig& config, WeightType type) {
  if (family_of(config).name_causal != nullptr) return;
  if (config.int8_cache) {
    throw Error(ErrorCode::kUnsupportedOption,
                "The kv_dtype int8 is for decoders alone, not for a model of type \"" +
                    config.model_type + "\".");
  }
  if (type != WeightType::kInt4) return;
  throw Error(ErrorCode::kUnsupportedOption,
              "The dtype int4 (or q4) is for decoders alone; a model of type \"" +
                  config.model_type + "\" can be int8 (or q8) or fp32.");
}

const Family& family_of(const TransformerConfig& config) {
  for (const Family* family : kFamilies) {
    if (family->model_type == config.model_type) return *family;
  }
  refuse(ErrorCode::kUnsupportedModel, "model_type \"" + config.model_type + "\" is unknown");
}

}  // namespace dragoman
