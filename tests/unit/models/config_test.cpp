// config.json of published models and of broken ones.
#include "models/config.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

TransformerConfig read(const std::string& text) {
  const auto document = parse_config(text);
  return read_config(document->root());
}

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "";
}

// A small BERT with `extra` members, such as `,"hidden_size":0`; later members of a JSON object
// would not override, so fields under test are left out of the base.
std::string bert(const std::string& extra) {
  return R"({"model_type":"bert","vocab_size":100)" + extra + "}";
}

// The fields of a published translation model of the older kind.
constexpr const char* kPublishedMarian = R"({
  "activation_dropout": 0.0, "activation_function": "swish", "add_bias_logits": false,
  "add_final_layer_norm": false, "architectures": ["MarianMTModel"], "attention_dropout": 0.0,
  "bad_words_ids": [[59513]], "bos_token_id": 0, "classif_dropout": 0.0, "d_model": 512,
  "decoder_attention_heads": 8, "decoder_ffn_dim": 2048, "decoder_layerdrop": 0.0,
  "decoder_layers": 6, "decoder_start_token_id": 59513, "dropout": 0.1,
  "encoder_attention_heads": 8, "encoder_ffn_dim": 2048, "encoder_layerdrop": 0.0,
  "encoder_layers": 6, "eos_token_id": 0, "extra_pos_embeddings": 59514,
  "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "init_std": 0.02,
  "is_encoder_decoder": true, "max_length": 512, "max_position_embeddings": 512,
  "model_type": "marian", "normalize_before": false, "normalize_embedding": false,
  "num_beams": 6, "num_hidden_layers": 6, "pad_token_id": 59513, "scale_embedding": true,
  "static_position_embeddings": true, "vocab_size": 59514})";

}  // namespace

TEST_CASE("A published Marian configuration is read", "[models][config]") {
  const TransformerConfig config = read(kPublishedMarian);
  CHECK(config.model_type == "marian");
  CHECK(config.hidden_size == 512);
  CHECK(config.vocab_size == 59514);
  CHECK(config.decoder_vocab_size == 59514);
  CHECK(config.max_positions == 512);
  CHECK(config.encoder.layers == 6);
  CHECK(config.decoder.heads == 8);
  CHECK(config.decoder.ffn_size == 2048);
  CHECK(config.activation == Activation::kSilu);
  CHECK(config.positions == Positions::kSinusoidal);
  CHECK(config.norm_place == NormPlace::kPost);
  CHECK(config.norm_epsilon == 1e-5F);
  CHECK(config.scale_embedding);
  CHECK(config.tie_embeddings);
  CHECK(config.share_embeddings);
  CHECK(config.pad_token_id == 59513);
  CHECK(config.eos_token_id == 0);
  CHECK(config.decoder_start_token_id == 59513);
}

TEST_CASE("Separate vocabularies have sizes of their own", "[models][config]") {
  const std::string base =
      R"({"model_type":"marian","vocab_size":100,"decoder_vocab_size":70,"pad_token_id":99,
          "decoder_start_token_id":69)";
  CHECK(read(base + R"(,"share_encoder_decoder_embeddings":false})").decoder_vocab_size == 70);
  CHECK(read(base + "}").decoder_vocab_size == 100);  // not read when shared, as in Python
}

TEST_CASE("Absent fields take the defaults of Python", "[models][config]") {
  const TransformerConfig config = read(R"({"model_type":"bert"})");
  CHECK(config.hidden_size == 768);
  CHECK(config.vocab_size == 30522);
  CHECK(config.max_positions == 512);
  CHECK(config.type_vocab_size == 2);
  CHECK(config.encoder.layers == 12);
  CHECK(config.encoder.heads == 12);
  CHECK(config.encoder.ffn_size == 3072);
  CHECK(config.activation == Activation::kGelu);
  CHECK(config.norm_epsilon == 1e-12F);
  CHECK(config.pad_token_id == 0);
  CHECK(config.labels == std::vector<std::string>{"LABEL_0", "LABEL_1"});
}

TEST_CASE("Labels come in the order of their ids", "[models][config]") {
  CHECK(read(bert(R"(,"id2label":{"2":"c","0":"a","1":"b"})")).labels ==
        std::vector<std::string>{"a", "b", "c"});
  CHECK(read(bert(R"(,"num_labels":1)")).labels == std::vector<std::string>{"LABEL_0"});
  CHECK(read(bert(R"(,"id2label":{"0":"x"},"num_labels":5)")).labels.size() == 1);
  CHECK(error_of(bert(R"(,"id2label":{"0":"a","2":"b"})")) ==
        "model-format: config.json: id2label has the id \"2\" among its 2 labels.");
  CHECK(error_of(bert(R"(,"id2label":{"0":"a","0":"b"})")) ==
        "model-format: config.json: id2label has the id 0 twice.");
  CHECK(error_of(bert(R"(,"id2label":{"x":"a"})")).starts_with("model-format: "));
  CHECK(error_of(bert(R"(,"id2label":{})")).starts_with("model-format: "));
  CHECK(error_of(bert(R"(,"id2label":["a"])")).starts_with("model-format: "));
  CHECK(error_of(bert(R"(,"num_labels":0)")) ==
        "model-format: config.json: num_labels is 0, outside 1 to 65536.");
}

TEST_CASE("The problem type decides how logits are read", "[models][config]") {
  CHECK(read(bert(R"(,"problem_type":"multi_label_classification")")).multi_label);
  CHECK(read(bert(R"(,"problem_type":"regression")")).regression);
  CHECK_FALSE(read(bert(R"(,"problem_type":null)")).multi_label);
  CHECK_FALSE(read(bert(R"(,"problem_type":"single_label_classification")")).regression);
  CHECK(error_of(bert(R"(,"problem_type":"guessing")")) ==
        "model-format: config.json: problem_type \"guessing\" is unknown.");
}

TEST_CASE("Sizes that make no sense are refused with field and value", "[models][config]") {
  CHECK(error_of(bert(R"(,"hidden_size":0)")) ==
        "model-format: config.json: hidden_size is 0, outside 1 to 65536.");
  CHECK(error_of(bert(R"(,"hidden_size":1000000000000)")) ==
        "model-format: config.json: hidden_size is 1000000000000, outside 1 to 65536.");
  CHECK(error_of(bert(R"(,"num_hidden_layers":-3)")) ==
        "model-format: config.json: num_hidden_layers is -3, outside 1 to 1024.");
  CHECK(error_of(bert(R"(,"hidden_size":20,"num_attention_heads":3)")) ==
        "model-format: config.json: a hidden size of 20 does not divide over "
        "num_attention_heads 3.");
  CHECK(error_of(bert(R"(,"hidden_size":"wide")")).starts_with("model-format: config.json: "));
  CHECK(error_of(bert(R"(,"hidden_size":20.5)")).starts_with("model-format: config.json: "));
  CHECK(error_of(bert(R"(,"layer_norm_eps":0)")).starts_with("model-format: config.json: "));
  CHECK(error_of(bert(R"(,"layer_norm_eps":NaN)")).starts_with("model-format: config.json: "));
  CHECK(error_of(bert(R"(,"pad_token_id":100)")) ==
        "model-format: config.json: pad_token_id is 100, outside a vocabulary of 100.");
  CHECK(read(bert(R"(,"pad_token_id":null)")).pad_token_id == -1);
}

TEST_CASE("A size that cannot be held is refused before memory is asked for", "[models][config]") {
  const TransformerConfig config =
      read(R"({"model_type":"bert","vocab_size":16777216,"hidden_size":65536,
               "intermediate_size":65536,"num_hidden_layers":1024,"num_attention_heads":16})");
  for (const WeightType type : {WeightType::kFp32, WeightType::kInt8}) {
    try {
      make_encoder_model(config, Head::kSequence, type);
      FAIL("was built");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kOutOfMemory);
    }
  }
}

TEST_CASE("Families and features that are not there are named", "[models][config]") {
  const std::string unknown = error_of(R"({"model_type":"frog"})");
  CHECK(unknown.starts_with(
      "unsupported-model: config.json: model_type \"frog\" is not supported, only albert, bart, "));
  CHECK(unknown.ends_with("roberta, t5, xlm-roberta."));
  CHECK(error_of(R"({})") == "model-format: config.json: \"model_type\" is missing.");
  CHECK(error_of(R"([])").starts_with("model-format: config.json: "));
  CHECK(error_of(bert(R"(,"position_embedding_type":"relative_key")")) ==
        "unsupported-model: config.json: position_embedding_type \"relative_key\" is not "
        "supported, only \"absolute\".");
  CHECK(error_of(bert(R"(,"is_decoder":true)")) ==
        "unsupported-model: config.json: is_decoder true is not supported.");
  CHECK(error_of(bert(R"(,"hidden_act":"mish")")) ==
        "unsupported-model: config.json: hidden_act \"mish\" is not among the supported "
        "activations.");
  CHECK(error_of(bert(R"(,"quantization_config":{"quant_method":"gptq"})"))
            .starts_with("unsupported-model: config.json: quantization_config.quant_method"));
  CHECK(error_of(bert(R"(,"quantization_config":{"quant_method":"compressed-tensors"})")).empty());
  CHECK(error_of(R"({"model_type":"marian","tie_encoder_decoder":true})")
            .starts_with("unsupported-model: "));
}

TEST_CASE("A model of one kind is not taken for another", "[models][config]") {
  const TransformerConfig marian = read(kPublishedMarian);
  const TransformerConfig encoder = read(R"({"model_type":"bert"})");
  try {
    make_encoder_model(marian, Head::kSequence, WeightType::kInt8);
    FAIL("was built");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUnsupportedModel);
    CHECK(std::string(error.what()) ==
          "A model of type \"marian\" is not for text-classification.");
  }
  try {
    make_seq2seq_model(encoder, WeightType::kInt8);
    FAIL("was built");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUnsupportedModel);
  }
}

}  // namespace dragoman::test
