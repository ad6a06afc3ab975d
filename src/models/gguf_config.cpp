// Keys of GGUF's metadata to fields of config.json, architecture by architecture
// (https://github.com/ggml-org/ggml, docs/gguf.md; conversion in llama.cpp's
// convert_hf_to_gguf.py).
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "formats/safetensors_header.hpp"
#include "models/gguf.hpp"

namespace dragoman {

namespace {

constexpr int64_t kLargest = int64_t{1} << 24;
constexpr std::string_view kArchitectures[] = {"gpt2", "llama", "qwen2", "qwen3", "gemma"};

[[noreturn]] void refuse(const GgufHeader& header, const std::string& what) {
  throw Error(ErrorCode::kUnsupportedModel, header.file() + what);
}

std::string architecture_of(const GgufHeader& header) {
  const std::string name(header.text("general.architecture", ""));
  std::string known;
  for (const std::string_view architecture : kArchitectures) {
    if (architecture == name) return name;
    known += (known.empty() ? "" : ", ") + std::string(architecture);
  }
  refuse(header, ": the architecture \"" + name + "\" is not supported, only " + known + ".");
}

// Writes fields of config.json out of the metadata of one architecture.
class ConfigWriter {
 public:
  explicit ConfigWriter(const GgufHeader& header)
      : header_(header), architecture_(architecture_of(header)) {}

  std::string write() {
    if (header_.integer("split.count", 1) > 1) {
      refuse(header_, " is one of several files of a model; only whole ones can be read.");
    }
    if (header_.integer(full("expert_count"), 0) > 0) {
      refuse(header_, " is a mixture of experts, which is not supported.");
    }
    writer_.begin_object();
    if (architecture_ == "gpt2") {
      write_gpt2();
    } else {
      write_llama();
    }
    writer_.key("vocab_size");
    writer_.integer(shape_of("token_embd.weight").front());
    writer_.key("tie_word_embeddings");
    writer_.boolean(header_.tensor("output.weight") == nullptr);
    token("bos_token_id");
    token("eos_token_id");
    writer_.end_object();
    check_shapes();
    return writer_.text();
  }

 private:
  std::string full(std::string_view key) const { return architecture_ + "." + std::string(key); }

  const std::vector<int64_t>& shape_of(const char* name) const {
    const GgufTensor* tensor = header_.tensor(name);
    if (tensor == nullptr || tensor->shape.size() != 2) {
      header_.fail(std::string(" lacks the matrix \"") + name + "\".");
    }
    return tensor->shape;
  }

  void text(std::string_view field, std::string_view value) {
    writer_.key(field);
    writer_.string(value);
  }
  void size(std::string_view field, std::string_view key) {
    if (!header_.has(full(key))) header_.fail(" lacks the key \"" + full(key) + "\".");
    writer_.key(field);
    writer_.integer(header_.integer(full(key), 0));
  }
  void optional_size(std::string_view field, std::string_view key) {
    if (header_.has(full(key))) size(field, key);
  }
  void number(std::string_view field, std::string_view key) {
    if (!header_.has(full(key))) return;
    writer_.key(field);
    writer_.number(header_.number(full(key), 0.0));
  }
  void token(const std::string& field) {
    const std::string key = "tokenizer.ggml." + field;
    if (!header_.has(key)) return;
    writer_.key(field);
    writer_.integer(header_.integer(key, 0));
  }

  void write_gpt2() {
    text("model_type", "gpt2");
    size("n_embd", "embedding_length");
    size("n_layer", "block_count");
    size("n_head", "attention.head_count");
    size("n_positions", "context_length");
    optional_size("n_inner", "feed_forward_length");
    number("layer_norm_epsilon", "attention.layer_norm_epsilon");
  }

  void write_llama() {
    // Mistral is published as Llama; only its window tells.
    const std::string window = full("attention.sliding_window");
    const bool windowed = architecture_ == "llama" && header_.integer(window, 0) > 0;
    text("model_type", windowed ? "mistral" : architecture_);
    if (windowed) size("sliding_window", "attention.sliding_window");
    size("hidden_size", "embedding_length");
    size("num_hidden_layers", "block_count");
    size("intermediate_size", "feed_forward_length");
    size("num_attention_heads", "attention.head_count");
    optional_size("num_key_value_heads", "attention.head_count_kv");
    size("max_position_embeddings", "context_length");
    optional_size("head_dim", "attention.key_length");
    number("rms_norm_eps", "attention.layer_norm_rms_epsilon");
    number("rope_theta", "rope.freq_base");
    writer_.key("attention_bias");
    writer_.boolean(header_.tensor("blk.0.attn_q.bias") != nullptr);
    check_rotation();
    write_scaling();
  }

  // Keys and tensors say the same things twice. Where they differ, memory would be taken for sizes
  // that no tensor has.
  void check_shapes() const {
    const int64_t width = value("embedding_length", 0);
    const int64_t ffn = value("feed_forward_length", 4 * width);
    const std::string last = "blk." + std::to_string(value("block_count", 0) - 1) + ".";
    expect("token_embd.weight", {shape_of("token_embd.weight").front(), width});
    expect(last + "attn_norm.weight", {width});
    expect("blk.0.ffn_up.weight", {ffn, width});
    if (architecture_ == "gpt2") {
      expect("position_embd.weight", {value("context_length", 0), width});
      return;
    }
    const int64_t heads = value("attention.head_count", 1);
    const int64_t dim = value("attention.key_length", width / heads);
    const int64_t shared = value("attention.head_count_kv", heads);
    expect("blk.0.attn_q.weight", {dim * heads, width});
    expect("blk.0.attn_k.weight", {dim * shared, width});
  }

  // Small enough for products of two.
  int64_t value(const char* key, int64_t fallback) const {
    const int64_t given = header_.integer(full(key), fallback);
    if (given >= 0 && given <= kLargest) return given;
    header_.fail(": " + full(key) + " is " + std::to_string(given) + ", which no model has.");
  }

  void expect(const std::string& name, const std::vector<int64_t>& shape) const {
    const GgufTensor* tensor = header_.tensor(name);
    if (tensor == nullptr) header_.fail(" lacks the tensor \"" + name + "\".");
    if (tensor->shape == shape) return;
    header_.fail(": tensor \"" + name + "\" has the shape " + shape_text(tensor->shape) +
                 "; the keys tell of " + shape_text(shape) + ".");
  }

  // A model that turns only a part of each head would be another one.
  void check_rotation() const {
    const int64_t heads = header_.integer(full("attention.head_count"), 1);
    const int64_t width = header_.integer(full("embedding_length"), 0);
    if (heads < 1) header_.fail(": " + full("attention.head_count") + " is no number of heads.");
    const int64_t dim = header_.integer(full("attention.key_length"), width / heads);
    const int64_t turned = header_.integer(full("rope.dimension_count"), dim);
    const int64_t values = header_.integer(full("attention.value_length"), dim);
    if (turned == dim && values == dim) return;
    refuse(header_, ": heads of " + std::to_string(dim) + " with " + std::to_string(turned) +
                        " turned dimensions and values of " + std::to_string(values) +
                        " are not supported.");
  }

  void write_scaling() {
    const std::string kind(header_.text(full("rope.scaling.type"), "none"));
    if (kind == "none") return;
    if (kind != "linear") {
      refuse(header_, ": the " + full("rope.scaling.type") + " \"" + kind + "\" is not supported.");
    }
    writer_.key("rope_scaling");
    writer_.begin_object();
    text("rope_type", "linear");
    number("factor", "rope.scaling.factor");
    writer_.end_object();
  }

  const GgufHeader& header_;
  std::string architecture_;
  JsonWriter writer_;
};

// Generation ends at what ends a text, a turn or a message.
std::string write_generation(const GgufHeader& header) {
  JsonWriter writer;
  writer.begin_object();
  for (const char* field : {"bos_token_id", "padding_token_id"}) {
    const std::string key = std::string("tokenizer.ggml.") + field;
    if (!header.has(key)) continue;
    writer.key(field[0] == 'p' ? "pad_token_id" : field);
    writer.integer(header.integer(key, 0));
  }
  writer.key("eos_token_id");
  writer.begin_array();
  for (const char* field : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
    const std::string key = std::string("tokenizer.ggml.") + field;
    if (header.has(key)) writer.integer(header.integer(key, 0));
  }
  writer.end_array();
  writer.end_object();
  return writer.text();
}

}  // namespace

TransformerConfig read_gguf_config(const GgufHeader& header) {
  const JsonDocument document(ConfigWriter(header).write(), header.file(), ErrorCode::kModelFormat);
  TransformerConfig config = read_config(document.root());
  config.gguf_names = true;
  config.norm_offset = 0.0F;  // was added to Gemma's weights when the file was made
  config.attention.rotary_divisors = header.tensor("rope_freqs.weight") != nullptr;
  return config;
}

std::map<std::string, std::string, std::less<>> gguf_files(const GgufHeader& header) {
  std::map<std::string, std::string, std::less<>> files;
  files["config.json"] = ConfigWriter(header).write();
  files["generation_config.json"] = write_generation(header);
  add_gguf_tokenizer(header, files);
  return files;
}

}  // namespace dragoman
