// A model from its files: configuration first, then tokenizer files and weights in any order as
// they arrive.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/gguf_header.hpp"
#include "formats/safetensors_writer.hpp"
#include "formats/shard_index.hpp"
#include "formats/weight_reader.hpp"
#include "tasks/task.hpp"

namespace dragoman {

/// What is asked of a model before any file of it is there.
struct ModelSpec {
  std::string task;            // canonical
  std::string published_task;  // as it was asked for
  WeightType type = WeightType::kInt8;
  bool int8_cache = false;
  std::string name;  // only for messages; may be empty
};

/// {"task", "dtype", "kv_dtype", "name"}. Throws unsupported-option for an unknown task, dtype or
/// member.
ModelSpec read_model_spec(Json spec);

class Model {
 public:
  explicit Model(ModelSpec spec) : spec_(std::move(spec)), task_(make_bare_task(spec_.task)) {}

  /// Takes a file of the folder other than the weights; "config.json" comes first and decides the
  /// network. An index of weight files is given like this too. Throws unsupported-model,
  /// model-format; invalid-argument out of order.
  void add_file(std::string_view name, std::span<const uint8_t> bytes);
  /// Writes {"required", "optional", "weights"}: names of the files that are still wanted. Of
  /// "weights" one is wanted, the first that exists; one "*.index.json" stands for its shards.
  /// Optional files that were named before and not given since are taken to be missing, and others
  /// may be wanted in their stead.
  void write_file_names(JsonWriter& writer);
  /// Writes the names of the weight files that the index given before lists, each once.
  void write_weight_shards(JsonWriter& writer) const;

  /// The weights, file by file, each in pieces of any size. After an error the model cannot be
  /// completed any more.
  /// @param file_bytes  size when known, else 0
  void begin_weights(std::string_view name, uint64_t file_bytes);
  void feed_weights(std::span<const uint8_t> bytes);
  void end_weights();
  /// Bytes at the beginning of the file being read that tell what the model is, once they have
  /// come; 0 before, and for formats that do not tell. Given to add_file() under the file's name
  /// they stand for all that the file says but for its weights.
  uint64_t head_bytes() const { return reader_ == nullptr ? 0 : reader_->head_bytes(); }

  /// The arrays that weights are packed into, in an order that does not change. Throws
  /// invalid-argument before config.json.
  std::vector<Region> packed_regions();
  /// Takes the regions as they are for a complete model's: they were copied from one of the same
  /// configuration, dtype and kPackVersion. Nothing in them is checked but what finish() checks.
  void adopt_packed();

  /// The weights of a complete int8 model as one safetensors file, from its beginning. Throws
  /// unsupported-option for another dtype.
  SafetensorsWriter export_weights() const;

  /// Completes the model. Throws model-incomplete, model-format, tokenizer-format.
  void finish();
  /// Writes the description of a finished model.
  void write_info(JsonWriter& writer) const;
  size_t packed_bytes() const { return task_ == nullptr ? 0 : task_->packed_bytes(); }
  size_t cache_bytes() const { return task_ == nullptr ? 0 : task_->cache_bytes(); }

  /// Starts a request on a finished model, which must outlive the job.
  std::unique_ptr<Job> start(Json request) const;

 private:
  enum class State { kLoading, kReady, kFailed };
  void require_loading() const;
  void take_header(const GgufHeader& header);
  void make_network(TransformerConfig config);
  template <typename Body>
  void guard(const Body& body);

  ModelSpec spec_;
  State state_ = State::kLoading;
  std::unique_ptr<Task> task_;       // null before config.json where it tells of a network
  ModelFiles files_;                 // emptied by finish()
  bool asked_ = false;               // for the optional files
  std::optional<ShardIndex> index_;  // of weights in several files
  std::unique_ptr<WeightReader> reader_;
};

}  // namespace dragoman
