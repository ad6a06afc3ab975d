// The states of a model that is being loaded.
#include "tasks/model.hpp"

#include <utility>

#include "formats/gguf.hpp"
#include "models/gguf.hpp"
#include "tasks/tokenizer_info.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kGguf = ".gguf";
// The ways weights are published, best first: whole before in shards, which cost more requests.
// Pickles come last: what is wrong with them shows only as they come.
constexpr std::string_view kWeights[] = {"model.safetensors", "model.safetensors.index.json",
                                         "pytorch_model.bin", "pytorch_model.bin.index.json"};

// Tokenizers of large multilingual models have some 20 MB; beyond this a file is not one of them,
// and a 32-bit memory is better kept for the weights.
constexpr size_t kMaxFileBytes = size_t{256} << 20;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

WeightType weight_type(std::string_view name) {
  if (name == "int8" || name == "q8") return WeightType::kInt8;
  if (name == "int4" || name == "q4") return WeightType::kInt4;
  if (name == "fp32") return WeightType::kFp32;
  throw Error(ErrorCode::kUnsupportedOption,
              "The dtype \"" + std::string(name.substr(0, 60)) +
                  "\" is unknown; known are int8 (or q8), int4 (or q4), fp32.");
}

std::string_view dtype_name(WeightType type) {
  if (type == WeightType::kInt4) return "int4";
  return type == WeightType::kInt8 ? "int8" : "fp32";
}

}  // namespace

// Unknown members are refused, like unknown options: a misspelt dtype must not load 150 MB of the
// wrong kind.
ModelSpec read_model_spec(Json spec) {
  ModelSpec result;
  spec.each_member([](std::string_view key, Json) {
    if (key == "task" || key == "dtype" || key == "kv_dtype" || key == "name") return;
    throw Error(ErrorCode::kUnsupportedOption, "A model has no \"" +
                                                   std::string(key.substr(0, 60)) +
                                                   "\"; known are task, dtype, kv_dtype, name.");
  });
  result.published_task = spec.at("task").as_string();
  result.task = canonical_task(result.published_task);
  result.type = weight_type(spec.get_string("dtype", "int8"));
  const std::string cache = spec.get_string("kv_dtype", "fp32");
  result.int8_cache = cache == "int8";
  if (!result.int8_cache && cache != "fp32") {
    throw Error(ErrorCode::kUnsupportedOption,
                "The kv_dtype \"" + cache.substr(0, 60) + "\" is unknown; known are fp32, int8.");
  }
  result.name = spec.get_string("name", "");
  return result;
}

void Model::require_loading() const {
  if (state_ == State::kFailed) refuse("The model could not be loaded; delete it.");
  if (state_ == State::kReady) refuse("The model is complete and takes no more files.");
}

// Half-filled weights cannot be told from good ones, so an error here is final.
template <typename Body>
void Model::guard(const Body& body) {
  // Set before, so that it holds however the body ends.
  state_ = State::kFailed;
  body();
  state_ = State::kLoading;
}

void Model::add_file(std::string_view name, std::span<const uint8_t> bytes) {
  require_loading();
  if (bytes.size() > kMaxFileBytes) {
    throw Error(ErrorCode::kModelFormat, std::string(name) + " has " +
                                             std::to_string(bytes.size()) +
                                             " bytes, which no file of its kind has.");
  }
  if (name.ends_with(kGguf)) {
    const auto header = GgufHeader::read(bytes, 0, std::string(name));
    if (!header) throw Error(ErrorCode::kModelFormat, std::string(name) + " ends within its head.");
    return take_header(*header);
  }
  // Aliasing bytes as char is what the language allows.
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool bare = task_ != nullptr && !task_->has_network();
  if (name == kConfig && !bare) {
    if (task_ != nullptr) refuse("config.json was given twice.");
    // The network is made now, before anything large is fetched: an unsupported model fails here.
    const JsonDocument document(text, std::string(name), ErrorCode::kModelFormat);
    make_network(read_config(document.root()));
  } else if (task_ == nullptr) {
    refuse("config.json comes first, before " + std::string(name) + ".");
  }
  if (ShardIndex::is_name(name)) {
    const JsonDocument document(text, std::string(name), ErrorCode::kModelFormat);
    index_.emplace(document.root(), std::string(name));
    return;
  }
  // config.json is kept too: older models have their generation settings in it.
  files_.insert_or_assign(std::string(name), std::string(text));
}

// A file that tells all takes the place of the files of a folder.
void Model::take_header(const GgufHeader& header) {
  if (task_ != nullptr)
    refuse("A model comes from config.json or from a GGUF file, not from both.");
  TransformerConfig config = read_gguf_config(header);
  files_ = gguf_files(header);
  make_network(std::move(config));
}

void Model::make_network(TransformerConfig config) {
  config.int8_cache = spec_.int8_cache;
  check_weight_type(config, spec_.type);
  task_ = make_task(spec_.task, config, spec_.type);
  task_->name_task(spec_.published_task);
}

void Model::write_file_names(JsonWriter& writer) {
  writer.begin_object();
  writer.key("required");
  writer.begin_array();
  if (task_ == nullptr) writer.string(kConfig);
  writer.end_array();
  writer.key("optional");
  writer.begin_array();
  if (task_ != nullptr) {
    for (const std::string& name : task_->optional_files(files_)) writer.string(name);
    const std::string& type = task_->config().model_type;
    if (asked_) {
      for (const std::string& name : vocabulary_file_names(files_, type)) writer.string(name);
      const auto templates =
          task_->takes_chats() ? chat_template_files(files_) : std::vector<std::string>();
      for (const std::string& name : templates) writer.string(name);
    }
    asked_ = true;
  }
  writer.end_array();
  writer.key("weights");
  writer.begin_array();
  const bool bare = task_ != nullptr && !task_->has_network();
  for (const std::string_view name : kWeights) {
    if (!bare) writer.string(name);
  }
  writer.end_array();
  writer.end_object();
}

void Model::write_weight_shards(JsonWriter& writer) const {
  if (!index_) refuse("The model was given no index of weight files.");
  writer.begin_array();
  for (const std::string& shard : index_->shards()) writer.string(shard);
  writer.end_array();
}

// One file at a time: their rows go into slots as they come, and a reader holds one row.
void Model::begin_weights(std::string_view name, uint64_t file_bytes) {
  require_loading();
  if (reader_ != nullptr) refuse("The weight file before " + std::string(name) + " has not ended.");
  if (name.ends_with(kGguf)) {
    reader_ = std::make_unique<GgufReader>(std::string(name), file_bytes,
                                           [this](const GgufHeader& header) -> SlotTable& {
                                             take_header(header);
                                             return task_->slots();
                                           });
    return;
  }
  if (task_ == nullptr) refuse("config.json comes first, before " + std::string(name) + ".");
  reader_ = make_weight_reader(std::string(name), file_bytes, task_->slots());
}

void Model::feed_weights(std::span<const uint8_t> bytes) {
  require_loading();
  if (reader_ == nullptr) refuse("Weights were fed before their file began.");
  guard([&] { reader_->feed(bytes); });
}

void Model::end_weights() {
  require_loading();
  if (reader_ == nullptr) refuse("A weight file ended that did not begin.");
  guard([&] { reader_->finish(); });
  reader_.reset();
}

std::vector<Region> Model::packed_regions() {
  if (task_ == nullptr) refuse("The weights have no places before config.json.");
  return task_->slots().regions();
}

void Model::adopt_packed() {
  require_loading();
  if (task_ == nullptr) refuse("Packed weights were adopted before config.json.");
  if (reader_ != nullptr) refuse("Packed weights were adopted within a weight file.");
  task_->slots().mark_all_filled();
}

SafetensorsWriter Model::export_weights() const {
  if (state_ != State::kReady) refuse("The model is not complete; it cannot be written yet.");
  if (spec_.type != WeightType::kInt8) {
    throw Error(ErrorCode::kUnsupportedOption, "Only models of dtype int8 can be packed.");
  }
  if (task_->config().gguf_names) {
    throw Error(ErrorCode::kUnsupportedOption,
                "Models are packed from safetensors or torch files, not from GGUF.");
  }
  return SafetensorsWriter(task_->slots());
}

void Model::finish() {
  require_loading();
  if (task_ == nullptr) {
    throw Error(ErrorCode::kModelIncomplete, "The model has no config.json.");
  }
  if (reader_ != nullptr) refuse("The weight file has not ended.");
  // The tokenizer is built last: its files may arrive after the weights.
  guard([&] {
    if (index_) index_->check_complete(task_->slots());
    task_->finish(files_);
  });
  index_.reset();
  files_.clear();
  state_ = State::kReady;
}

void Model::write_info(JsonWriter& writer) const {
  if (state_ != State::kReady) refuse("The model is not complete.");
  const TransformerConfig& config = task_->config();
  writer.begin_object();
  writer.key("name");
  writer.string(spec_.name);
  writer.key("task");
  writer.string(spec_.task);
  writer.key("model_type");
  writer.string(config.model_type);
  writer.key("dtype");
  writer.string(dtype_name(spec_.type));
  writer.key("packed_bytes");
  writer.integer(static_cast<long long>(packed_bytes()));
  writer.key("vocab_size");
  writer.integer(config.vocab_size);
  task_->write_info(writer);
  writer.end_object();
}

std::unique_ptr<Job> Model::start(Json request) const {
  if (state_ != State::kReady) refuse("The model is not complete; it cannot take requests yet.");
  return task_->start(request);
}

}  // namespace dragoman
