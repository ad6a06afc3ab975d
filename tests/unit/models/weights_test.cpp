// Weight files that do not fit the model: each refusal names the file and the tensor.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <functional>
#include <limits>

#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

// A safetensors file that can be edited: the header as text, the data as bytes.
struct WeightFile {
  explicit WeightFile(const std::string& model) {
    const std::string bytes = read_golden(model, "model.safetensors");
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    header = bytes.substr(8, static_cast<size_t>(length));
    data = bytes.substr(8 + static_cast<size_t>(length));
  }
  std::string bytes() const {
    const uint64_t length = header.size();
    std::string prefix(8, '\0');
    std::memcpy(prefix.data(), &length, sizeof length);
    return prefix + header + data;
  }
  void replace(const std::string& from, const std::string& to) {
    const size_t place = header.find(from);
    REQUIRE(place != std::string::npos);
    header.replace(place, from.size(), to);
  }
  // First byte of a tensor's data.
  size_t offset(const std::string& tensor) const {
    const size_t entry = header.find("\"" + tensor + "\"");
    REQUIRE(entry != std::string::npos);
    const size_t offsets = header.find("\"data_offsets\":[", entry);
    return std::stoul(header.substr(offsets + 16));
  }
  std::string header;
  std::string data;
};

std::string load_error(const std::string& model, const WeightFile& file) {
  const auto document = golden_json(model, "config.json");
  const TransformerConfig config = read_config(document->root());
  try {
    const auto classifier = make_encoder_model(config, Head::kSequence, WeightType::kInt8);
    load_weights(file.bytes(), classifier->slots());
    classifier->finish();
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "";
}

constexpr const char* kQuery = "bert.encoder.layer.1.attention.self.query.weight";

bool names(const std::string& message, const std::string& what) {
  return message.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("The untouched file loads, in pieces of any size", "[models][weights]") {
  const WeightFile file("bert-gelu");
  CHECK(load_error("bert-gelu", file).empty());
  const auto document = golden_json("bert-gelu", "config.json");
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, size_t{1} << 24}) {
    const auto model =
        make_encoder_model(read_config(document->root()), Head::kSequence, WeightType::kFp32);
    load_weights(file.bytes(), model->slots(), piece);
    CHECK_NOTHROW(model->finish());
  }
}

TEST_CASE("A weight that is not a number is refused", "[models][weights]") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const std::string& tensor : {std::string(kQuery), std::string("bert.pooler.dense.bias"),
                                      std::string("bert.embeddings.LayerNorm.weight")}) {
      WeightFile file("bert-gelu");
      std::memcpy(file.data.data() + file.offset(tensor) + 40, &bad, sizeof bad);
      const std::string message = load_error("bert-gelu", file);
      INFO(message);
      CHECK(message.starts_with("model-format: "));
      CHECK(names(message, "model.safetensors"));
      CHECK(names(message, tensor));
    }
  }
}

TEST_CASE("A tensor of another shape is refused", "[models][weights]") {
  WeightFile file("bert-gelu");
  const std::string entry = std::string("\"") + kQuery + "\":{\"dtype\":\"F32\",\"shape\":";
  file.replace(entry + "[36,36]", entry + "[18,72]");
  const std::string message = load_error("bert-gelu", file);
  INFO(message);
  CHECK(message.starts_with("model-format: "));
  CHECK(names(message, "model.safetensors"));
  CHECK(names(message, kQuery));
}

TEST_CASE("A tensor the model does not know is refused", "[models][weights]") {
  WeightFile file("bert-gelu");
  file.replace("bert.pooler.dense.bias", "bert.pooler.dense.bios");
  const std::string message = load_error("bert-gelu", file);
  INFO(message);
  CHECK(names(message, "bert.pooler.dense.bios"));
}

TEST_CASE("A model that lacks tensors names them", "[models][weights]") {
  WeightFile file("bert-gelu");
  file.replace("bert.pooler.dense.bias", "cls.ignored.dense.bias");
  const std::string message = load_error("bert-gelu", file);
  INFO(message);
  CHECK(message.starts_with("model-incomplete: "));
  CHECK(names(message, "pooler.dense.bias"));
}

TEST_CASE("A file that ends early is refused", "[models][weights]") {
  WeightFile file("bert-gelu");
  file.data.resize(file.data.size() - 5);
  const std::string message = load_error("bert-gelu", file);
  INFO(message);
  CHECK(message.starts_with("model-format: "));
  CHECK(names(message, "model.safetensors"));
}

}  // namespace dragoman::test
