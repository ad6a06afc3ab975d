// config.json of the encoder families: published ones, and what is refused.
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/errors.hpp"
#include "unit/models/golden_model.hpp"

namespace dragoman::test {
namespace {

TransformerConfig read(const std::string& type, const std::string& fields) {
  const auto document = parse_config("{\"model_type\":\"" + type + "\"" + fields + "}");
  return read_config(document->root());
}

std::string refusal(const std::string& type, const std::string& fields) {
  return error_of([&] { read(type, fields); });
}

std::string refusal_of_head(const TransformerConfig& config, Head head) {
  return error_of([&] { make_encoder_model(config, head, WeightType::kInt8); });
}

}  // namespace

TEST_CASE("The configuration of DeBERTa v3 is read as published", "[models][encoder][config]") {
  const TransformerConfig config = read("deberta-v2", R"(,
    "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_size": 768,
    "intermediate_size": 3072, "max_position_embeddings": 512, "relative_attention": true,
    "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": true,
    "pos_att_type": "p2c|c2p", "layer_norm_eps": 1e-7, "max_relative_positions": -1,
    "position_biased_input": false, "num_attention_heads": 12, "num_hidden_layers": 12,
    "type_vocab_size": 0, "vocab_size": 128100)");
  CHECK(config.positions == Positions::kNone);
  CHECK(config.attention.span == 256);
  CHECK(config.attention.max_distance == 512);
  CHECK(config.attention.disentangled.content_to_position);
  CHECK(config.attention.disentangled.position_to_content);
  CHECK(config.attention.disentangled.shared);
  CHECK(config.attention.norm_table);
  CHECK(config.max_positions > 512);  // relative positions bound no length
  CHECK(config.norm_epsilon == 1e-7F);
}

TEST_CASE("RoBERTa's positions begin after the padding token's id", "[models][encoder][config]") {
  for (const char* type : {"roberta", "xlm-roberta", "camembert", "mpnet"}) {
    const TransformerConfig config = read(type, R"(,"max_position_embeddings":514)");
    INFO(type);
    CHECK(config.model_type == type);
    CHECK(config.max_positions == 512);
    CHECK(config.table_positions() == 514);
    CHECK(config.first_position == 2);
  }
  CHECK(refusal("roberta", R"(,"max_position_embeddings":2)") ==
        "model-format: config.json: max_position_embeddings 2 leaves no position after "
        "pad_token_id 1.");
  CHECK(refusal("camembert", R"(,"pad_token_id":null)") ==
        "model-format: config.json: pad_token_id is missing, from which positions are counted.");
}

TEST_CASE("What would change the computation of an encoder is refused",
          "[models][encoder][config]") {
  for (const char* type : {"bert", "roberta", "xlm-roberta", "camembert", "electra", "albert",
                           "mpnet", "deberta-v2"}) {
    INFO(type);
    CHECK(refusal(type, "").empty());
    CHECK(refusal(type, R"(,"is_decoder":true)") ==
          "unsupported-model: config.json: is_decoder true is not supported.");
    CHECK(refusal(type, R"(,"add_cross_attention":true)").starts_with("unsupported-model: "));
    CHECK(refusal(type, R"(,"position_embedding_type":"relative_key")")
              .starts_with("unsupported-model: config.json: position_embedding_type"));
    CHECK(refusal(type, R"(,"num_attention_heads":7)").starts_with("model-format: "));
    CHECK(refusal(type, R"(,"hidden_act":"mish")").starts_with("unsupported-model: "));
    CHECK(refusal(type, R"(,"type_vocab_size":-1)").starts_with("model-format: "));
  }
  CHECK(refusal("distilbert", R"(,"n_heads":7)").starts_with("model-format: "));
  CHECK(refusal("distilbert", R"(,"activation":"mish")").starts_with("unsupported-model: "));
  CHECK(refusal("electra", R"(,"embedding_size":0)").starts_with("model-format: "));
  CHECK(refusal("albert", R"(,"num_hidden_groups":13)").starts_with("model-format: "));
  CHECK(refusal("mpnet", R"(,"relative_attention_num_buckets":64)")
            .starts_with("unsupported-model: "));
}

TEST_CASE("DeBERTa's numbers must fit one another", "[models][encoder][config]") {
  const auto refused = [](const std::string& fields) {
    return refusal("deberta-v2", R"(,"relative_attention":true)" + fields);
  };
  CHECK(refused("").empty());
  CHECK(refused(R"(,"position_buckets":256,"max_relative_positions":128)")
            .starts_with("model-format: config.json: position_buckets 256"));
  CHECK(refused(R"(,"position_buckets":1)").starts_with("model-format: "));
  CHECK(refused(R"(,"conv_kernel_size":2)").starts_with("model-format: "));
  CHECK(refused(R"(,"conv_kernel_size":3,"conv_groups":2)").starts_with("unsupported-model: "));
  CHECK(refused(R"(,"conv_kernel_size":3,"conv_act":"mish")").starts_with("unsupported-model: "));
  CHECK(refused(R"(,"attention_head_size":32)").starts_with("unsupported-model: "));
  const std::string small = R"(,"hidden_size":48,"num_hidden_layers":1,"vocab_size":99)";
  CHECK(refusal_of_head(read("deberta-v2", small + R"(,"legacy":false)"), Head::kMaskedLm) ==
        "unsupported-model: config.json: legacy false is not supported.");
  CHECK(refusal_of_head(read("deberta-v2", small + R"(,"legacy":false)"), Head::kToken).empty());
  CHECK(refusal_of_head(read("deberta-v2", small + R"(,"pooler_hidden_size":24)"), Head::kSequence)
            .starts_with("unsupported-model: "));
}

TEST_CASE("ModernBERT's switches are checked", "[models][encoder][config]") {
  CHECK(refusal("modernbert", "").empty());
  CHECK(refusal("modernbert", R"(,"classifier_pooling":"max")") ==
        "unsupported-model: config.json: classifier_pooling \"max\" is neither cls nor mean.");
  CHECK(refusal("modernbert", R"(,"rope_scaling":{"rope_type":"yarn"})") ==
        "unsupported-model: config.json: rope_scaling \"yarn\" is not supported.");
  CHECK(refusal("modernbert", R"(,"global_rope_theta":0)").starts_with("model-format: "));
  CHECK(refusal("modernbert", R"(,"hidden_size":36)").starts_with("model-format: "));
  CHECK(read("modernbert", R"(,"local_rope_theta":null)").attention.local_rotary_theta ==
        160000.0F);
}

TEST_CASE("A head that cannot be is refused with the reason", "[models][encoder][config]") {
  const std::string small = R"(,"hidden_size":24,"num_attention_heads":2,"num_hidden_layers":1)";
  CHECK(refusal_of_head(read("bert", small + R"(,"id2label":{"0":"A","1":"B","2":"C"})"),
                        Head::kSpan) ==
        "unsupported-model: config.json: question-answering takes two labels, start and end, "
        "not 3.");
  const auto named = [&](const char* type, const char* architecture, Head head) {
    return refusal_of_head(read(type, small + ",\"architectures\":[\"" + architecture + "\"]"),
                           head);
  };
  CHECK(named("electra", "ElectraForPreTraining", Head::kMaskedLm) ==
        "unsupported-model: config.json: the architecture \"ElectraForPreTraining\" is for "
        "pre-training, not for fill-mask.");
  CHECK(named("albert", "AlbertForPreTraining", Head::kMaskedLm).empty());
  CHECK(named("roberta", "RobertaForMaskedLM", Head::kSpan) ==
        "unsupported-model: config.json: the architecture \"RobertaForMaskedLM\" is for "
        "fill-mask, not for question-answering.");
  CHECK(named("roberta", "RobertaForMaskedLM", Head::kNone).empty());
  CHECK(named("marian", "MarianMTModel", Head::kNone).starts_with("unsupported-model: "));
}

}  // namespace dragoman::test
