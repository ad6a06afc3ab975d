// Reading the folder, module by module.
#include "tasks/sentence_modules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/weight_reader.hpp"

namespace dragoman {

namespace {

constexpr int64_t kMaxWeights = 1 << 26;  // of a Dense module; large ones have a million
constexpr int64_t kMaxLength = 1 << 20;   // no family has as many positions

// A file of the folder; valid only as long as `files`.
std::optional<JsonDocument> read_file(const ModelFiles& files, const std::string& name) {
  const auto file = files.find(name);
  if (file == files.end()) return std::nullopt;
  return std::optional<JsonDocument>(std::in_place, file->second, name, ErrorCode::kModelFormat);
}

JsonDocument required_file(const ModelFiles& files, const std::string& name) {
  const auto file = files.find(name);
  if (file != files.end()) return {file->second, name, ErrorCode::kModelFormat};
  throw Error(ErrorCode::kModelIncomplete, "The model has no " + name + ".");
}

// Throws model-format unless the file holds what it should.
void check_kind(bool right, const JsonDocument& document) {
  if (right) return;
  throw Error(ErrorCode::kModelFormat, document.file() + " is not of its kind.");
}

// The last part of a class name: all releases of the library agree in that.
std::string_view class_of(std::string_view type) {
  return type.substr(type.find_last_of('.') + 1);
}

struct ModuleEntry {
  std::string type;  // class
  std::string folder;
};

// Folders come from a file and become parts of addresses.
void check_folder(const std::string& folder) {
  const bool plain = folder.find_first_of("/\\?#%:") == std::string::npos && folder != "..";
  if (plain) return;
  throw Error(ErrorCode::kModelFormat,
              "modules.json names \"" + folder.substr(0, 60) + "\", which is no folder beside it.");
}

std::vector<ModuleEntry> read_modules(const ModelFiles& files) {
  std::vector<ModuleEntry> modules;
  const auto document = read_file(files, "modules.json");
  if (!document) return modules;
  const Json list = document->root();
  check_kind(list.is_array(), *document);
  for (size_t i = 0; i < list.size(); ++i) {
    ModuleEntry entry{std::string(class_of(list.at(i).at("type").as_string())),
                      list.at(i).get_string("path", "")};
    check_folder(entry.folder);
    modules.push_back(std::move(entry));
  }
  return modules;
}

// Of the first module, whose folder is usually the model's own.
std::string in_folder(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

constexpr std::array<std::pair<std::string_view, Activation>, 5> kActivations = {{
    {"Identity", Activation::kNone},
    {"Tanh", Activation::kTanh},
    {"ReLU", Activation::kRelu},
    {"GELU", Activation::kGelu},
    {"SiLU", Activation::kSilu},
}};

struct NamedMode {
  std::string_view name;
  std::string_view flag;  // of older files
  PoolMode mode;
};

// In the order in which older files put them together.
constexpr std::array<NamedMode, 6> kModes = {{
    {"cls", "pooling_mode_cls_token", PoolMode::kCls},
    {"max", "pooling_mode_max_tokens", PoolMode::kMax},
    {"mean", "pooling_mode_mean_tokens", PoolMode::kMean},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", PoolMode::kMeanSqrt},
    {"weightedmean", "pooling_mode_weightedmean_tokens", PoolMode::kWeightedMean},
    {"lasttoken", "pooling_mode_lasttoken", PoolMode::kLast},
}};

PoolMode mode_of(std::string_view name) {
  for (const NamedMode& entry : kModes) {
    if (entry.name == name) return entry.mode;
  }
  throw Error(ErrorCode::kModelFormat,
              "The pooling mode \"" + std::string(name.substr(0, 60)) + "\" is unknown.");
}

}  // namespace

DenseModule::DenseModule(const ModelFiles& files, const std::string& folder, int inputs) {
  const JsonDocument document = required_file(files, folder + "/config.json");
  const Json config = document.root();
  const int64_t given = config.at("in_features").as_int();
  const int64_t outputs = config.at("out_features").as_int();
  if (given != inputs || outputs < 1 || outputs > kMaxWeights / inputs) {
    throw Error(ErrorCode::kModelFormat, document.file() + " has " + std::to_string(given) +
                                             " inputs and " + std::to_string(outputs) +
                                             " outputs; " + std::to_string(inputs) +
                                             " inputs are expected.");
  }
  const std::string name = config.get_string("activation_function", "Tanh");
  bool known = false;
  for (const auto& [published, activation] : kActivations) {
    if (class_of(name) != published) continue;
    activation_ = activation;
    known = true;
  }
  const std::string input = config.get_string("module_input_name", "sentence_embedding");
  if (!known || input != "sentence_embedding") {
    throw Error(ErrorCode::kUnsupportedModel, document.file() + " applies \"" + name.substr(0, 60) +
                                                  "\" to \"" + input.substr(0, 60) + "\".");
  }
  const bool has_bias = config.get_bool("bias", true);
  linear_ = std::make_unique<Linear>(inputs, static_cast<int>(outputs), WeightType::kFp32,
                                     OperandRole::kWeights7, has_bias);
  SlotTable slots;
  slots.add("linear.weight", linear_->weight_slot());
  if (has_bias) slots.add("linear.bias", linear_->bias_slot());
  for (const char* weights : {"/model.safetensors", "/pytorch_model.bin"}) {
    const auto file = files.find(folder + weights);
    if (file == files.end()) continue;
    const std::string& bytes = file->second;
    const auto reader = make_weight_reader(file->first, bytes.size(), slots);
    reader->feed({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    reader->finish();
    break;
  }
  slots.check_complete(folder);
}

std::vector<float> DenseModule::forward(const Context& context,
                                        const std::vector<float>& values) const {
  std::vector<float> out(static_cast<size_t>(outputs()));
  linear_->forward(context, {values.data(), 1, static_cast<int>(values.size())},
                   {.activation = activation_}, {out.data(), 1, outputs()});
  return out;
}

std::vector<std::string> SentenceModules::file_names(const ModelFiles& files) {
  std::vector<std::string> names = {"modules.json"};
  if (files.find(names[0]) == files.end()) return names;
  names.insert(names.end(), {"sentence_bert_config.json", "config_sentence_transformers.json"});
  for (const auto& [type, folder] : read_modules(files)) {
    const std::string config = folder + "/config.json";
    if (folder.empty() || std::find(names.begin(), names.end(), config) != names.end()) continue;
    names.push_back(config);
    if (type != "Dense") continue;
    names.push_back(folder + "/model.safetensors");
    // Asked for only where the other one turned out to be missing.
    const bool asked = files.find(config) != files.end();
    if (asked && files.find(names.back()) == files.end()) {
      names.push_back(folder + "/pytorch_model.bin");
    }
  }
  return names;
}

SentenceModules::SentenceModules(const ModelFiles& files, int hidden_size) {
  const std::vector<ModuleEntry> modules = read_modules(files);
  for (const auto& [type, folder] : modules) {
    if (type == "Transformer") continue;
    if (type == "Pooling") {
      read_pooling(files, folder);
    } else if (type == "Dense") {
      layers_.push_back(std::make_unique<DenseModule>(files, folder, width(hidden_size)));
    } else if (type == "Normalize") {
      layers_.push_back(nullptr);
    } else {
      unsupported_ = "modules.json asks for \"" + type.substr(0, 60) + "\", which there is not";
    }
  }
  if (modules.empty()) return;
  read_settings(files);
  read_prompts(files);
}

void SentenceModules::read_pooling(const ModelFiles& files, const std::string& folder) {
  const JsonDocument document = required_file(files, in_folder(folder, "config.json"));
  const Json config = document.root();
  check_kind(config.is_object(), document);
  modes_.clear();
  if (config.has("pooling_mode") && config.at("pooling_mode").is_array()) {
    const Json modes = config.at("pooling_mode");
    for (size_t i = 0; i < modes.size(); ++i) modes_.push_back(mode_of(modes.at(i).as_string()));
  } else if (config.has("pooling_mode")) {
    modes_.push_back(mode_of(config.at("pooling_mode").as_string()));
  } else {
    for (const NamedMode& entry : kModes) {
      if (config.get_bool(entry.flag, false)) modes_.push_back(entry.mode);
    }
  }
  if (modes_.empty()) modes_.push_back(PoolMode::kMean);
  if (modes_.size() > kModes.size()) {
    throw Error(ErrorCode::kModelFormat,
                document.file() + " names " + std::to_string(modes_.size()) + " modes of pooling.");
  }
  include_prompt_ = config.get_bool("include_prompt", true);
}

void SentenceModules::read_settings(const ModelFiles& files) {
  const auto document = read_file(files, "sentence_bert_config.json");
  if (!document) return;
  const Json config = document->root();
  if (config.has("max_seq_length")) {
    const int64_t limit = config.at("max_seq_length").as_int();
    if (limit > 0 && limit < kMaxLength) max_length_ = static_cast<int>(limit);
  }
  lower_case_ = config.get_bool("do_lower_case", false);
}

void SentenceModules::read_prompts(const ModelFiles& files) {
  const auto document = read_file(files, "config_sentence_transformers.json");
  if (!document) return;
  const Json config = document->root();
  if (config.has("prompts")) {
    config.at("prompts").each_member(
        [&](std::string_view name, Json prompt) { prompts_.emplace(name, prompt.as_string()); });
  }
  if (config.has("default_prompt_name")) {
    default_prompt_name_ = config.get_string("default_prompt_name", "");
  }
  similarity_ = config.get_string("similarity_fn_name", similarity_);
}

// Most tokenizers lower case themselves, and then nothing is to be done.
void SentenceModules::check_tokenizer(const Tokenizer& tokenizer) {
  if (!lower_case_ || tokenizer.encode("A").ids == tokenizer.encode("a").ids) return;
  unsupported_ = "sentence_bert_config.json asks for lower case, which the tokenizer keeps apart";
}

void SentenceModules::check_supported() const {
  if (unsupported_.empty()) return;
  throw Error(ErrorCode::kUnsupportedModel,
              "The option \"pooling\" cannot be \"model\": " + unsupported_ + ".");
}

std::vector<float> SentenceModules::apply(const Context& context, View<const float> hidden,
                                          int skip) const {
  const auto width = static_cast<size_t>(hidden.cols);
  std::vector<float> values(width * modes_.size());
  for (size_t i = 0; i < modes_.size(); ++i) {
    pool(modes_[i], hidden, include_prompt_ ? 0 : skip,
         std::span<float>(values).subspan(i * width, width));
  }
  for (const std::unique_ptr<DenseModule>& layer : layers_) {
    if (layer == nullptr) {
      normalize_length(values);
    } else {
      values = layer->forward(context, values);
    }
  }
  return values;
}

int SentenceModules::width(int hidden_size) const {
  int width = hidden_size * static_cast<int>(modes_.size());
  for (const auto& layer : layers_) width = layer == nullptr ? width : layer->outputs();
  return width;
}

size_t SentenceModules::packed_bytes() const {
  size_t bytes = 0;
  for (const auto& layer : layers_) bytes += layer == nullptr ? 0 : layer->packed_bytes();
  return bytes;
}

const std::string& SentenceModules::prompt(const std::string& name) const {
  const auto found = prompts_.find(name);
  if (found != prompts_.end()) return found->second;
  std::string known;
  for (const auto& entry : prompts_) known += (known.empty() ? "" : ", ") + entry.first;
  throw Error(ErrorCode::kInvalidArgument,
              "The model has no prompt \"" + name.substr(0, 60) + "\"; " +
                  (known.empty() ? "it has none." : "it has " + known + "."));
}

}  // namespace dragoman
