// Feature extraction against Python: vectors of tokens, pooled ones, folders of
// sentence-transformers; what passes keep on request.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

/// The result of a job with its attached arrays.
struct Answer {
  std::string json;
  std::vector<std::vector<uint8_t>> arrays;

  // What a tensor of the result names, as numbers.
  std::vector<double> values(Json tensor) const {
    const std::vector<uint8_t>& bytes =
        arrays.at(static_cast<size_t>(tensor.at("attachment").as_int()));
    const std::string type(tensor.at("type").as_string());
    std::vector<double> result;
    if (type == "float32") {
      std::vector<float> floats(bytes.size() / sizeof(float));
      std::memcpy(floats.data(), bytes.data(), bytes.size());
      result.assign(floats.begin(), floats.end());
    } else if (type == "int8") {
      for (const uint8_t byte : bytes) result.push_back(static_cast<int8_t>(byte));
    } else {
      result.assign(bytes.begin(), bytes.end());
    }
    return result;
  }
};

Answer answer_of(Engine& engine, int model, const std::string& request) {
  const int job = engine.start_job(model, request);
  while (engine.step_job(job)) {
  }
  Answer answer{engine.job_result(job), {}};
  const JsonDocument places(engine.job_attachments(job), "places", ErrorCode::kInternal);
  for (size_t i = 0; i < places.root().size(); ++i) {
    const Json place = places.root().at(i);
    const auto* begin = reinterpret_cast<const uint8_t*>(place.at(size_t{0}).as_uint());
    answer.arrays.emplace_back(begin, begin + place.at(size_t{1}).as_uint());
  }
  engine.cancel_job(job);
  return answer;
}

// All numbers of nested arrays, in order.
void flatten(Json value, std::vector<double>& out) {
  if (!value.is_array()) {
    out.push_back(value.as_double());
    return;
  }
  for (size_t i = 0; i < value.size(); ++i) flatten(value.at(i), out);
}

void check_values(const std::vector<double>& actual, Json expected) {
  std::vector<double> wanted;
  flatten(expected, wanted);
  REQUIRE(actual.size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) CHECK_THAT(actual[i], WithinAbs(wanted[i], 1e-4));
}

std::string request_json(Json texts, Json options) {
  return R"({"inputs": )" + json_of(texts) + R"(, "options": )" + json_of(options) + "}";
}

std::string tensor_dims(Json tensor) {
  return json_of(tensor.at("dims"));
}

int load_features(Engine& engine, const OtherFiles& others = {}) {
  return load_task(engine, "feature-extraction", "features", "fp32", others);
}

}  // namespace

TEST_CASE("Vectors are those of Python, in every way of pooling", "[tasks][features]") {
  const JsonDocument cases(read_task_file("features", "cases.json"), "cases", ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() == 55);
  for (size_t i = 0; i < list.size(); ++i) {
    const Json test = list.at(i);
    OtherFiles others;
    if (test.has("files")) {
      test.at("files").each_member(
          [&](std::string_view name, Json content) { others.emplace(name, content.as_string()); });
    }
    Engine engine;
    const int model = load_features(engine, others);
    const std::string request = request_json(test.at("texts"), test.at("options"));
    INFO(request << " " << others.size());
    const Answer answer = answer_of(engine, model, request);
    const JsonDocument result(answer.json, "result", ErrorCode::kInternal);
    const Json features = result.root().at("features");
    const bool pooled = features.is_object();
    CHECK(pooled == test.at("options").has("pooling"));
    check_values(answer.values(pooled ? features : features.at(size_t{0})), test.at("features"));
    const bool cut = test.at("options").get_bool("truncation", false);
    CHECK((result.root().at("truncated").size() > 0) == cut);
  }
}

TEST_CASE("Tensors say their shape, and texts keep their order", "[tasks][features]") {
  Engine engine;
  const int model = load_features(engine);
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i) texts.push_back(std::string(static_cast<size_t>((i * 7) % 23), 'a'));
  const std::string options = R"({"pooling": "mean"})";
  const Answer all = answer_of(engine, model, request_of(texts, options));
  const JsonDocument result(all.json, "result", ErrorCode::kInternal);
  CHECK(tensor_dims(result.root().at("features")) == "[50,16]");
  REQUIRE(all.arrays.size() == 1);
  for (size_t i = 0; i < texts.size(); ++i) {
    const Answer alone = answer_of(engine, model, request_of({texts[i]}, options));
    const auto begin = all.arrays[0].begin() + static_cast<std::ptrdiff_t>(i * 64);
    CHECK(alone.arrays[0] == std::vector<uint8_t>(begin, begin + 64));
  }
  const Answer none = answer_of(engine, model, request_of({"a", "bb"}));
  const JsonDocument unpooled(none.json, "result", ErrorCode::kInternal);
  CHECK(tensor_dims(unpooled.root().at("features").at(size_t{1})) == "[1,4,16]");
  const Answer nothing = answer_of(engine, model, request_of({}, options));
  const JsonDocument empty(nothing.json, "result", ErrorCode::kInternal);
  CHECK(tensor_dims(empty.root().at("features")) == "[0,16]");
}

TEST_CASE("Arrays are attached to a result that was asked for, until the job is cancelled",
          "[tasks][features]") {
  Engine engine;
  const int model = load_features(engine);
  const int job = engine.start_job(model, request_of({"a"}, R"({"pooling": "mean"})"));
  while (engine.step_job(job)) {
  }
  CHECK_THAT(error_of([&] { engine.job_attachments(job); }), ContainsSubstring("no result yet"));
  // The result may be asked for again, and names the same arrays.
  const std::string result = engine.job_result(job);
  const std::string places = engine.job_attachments(job);
  CHECK(engine.job_result(job) == result);
  CHECK(engine.job_attachments(job) == places);
  engine.cancel_job(job);
  CHECK_THAT(error_of([&] { engine.job_attachments(job); }), ContainsSubstring("disposed: "));
}

TEST_CASE("Feature requests that make no sense are refused", "[tasks][features]") {
  Engine engine;
  const int model = load_features(engine);
  const auto refusal = [&](const std::string& options, const std::string& text = "a") {
    return error_of([&] { run(engine, model, request_of({text}, options)); });
  };
  CHECK_THAT(refusal(R"({"pooling": "sum"})"), ContainsSubstring("\"last_token\", \"eos\""));
  CHECK_THAT(refusal(R"({"quantize": true})"), ContainsSubstring("needs \"pooling\""));
  CHECK_THAT(refusal(R"({"precision": "binary"})"), ContainsSubstring("\"quantize\": true"));
  CHECK_THAT(refusal(R"({"precision": "int8", "quantize": true, "pooling": "mean"})"),
             ContainsSubstring("\"ubinary\""));
  CHECK_THAT(refusal(R"({"prompt_name": "passage"})"),
             ContainsSubstring("no prompt \"passage\"; it has document, query."));
  CHECK_THAT(refusal(R"({"prompt_name": "query", "prompt": "a"})"), ContainsSubstring("exclude"));
  CHECK_THAT(refusal("{}", std::string(47, 'a')), ContainsSubstring("49 tokens; at most 48"));
  CHECK_THAT(refusal(R"({"pooling": "model"})", std::string(11, 'a')),
             ContainsSubstring("13 tokens; at most 12"));
  CHECK(refusal(R"({"pooling": "model", "max_length": 20})", std::string(11, 'a')).empty());
}

TEST_CASE("Folders that ask for what there is not are refused", "[tasks][features]") {
  const auto modules = [](const std::string& type, const std::string& path) {
    return OtherFiles{{"modules.json", R"([{"type": "a.Transformer", "path": ""}, {"type": "a.)" +
                                           type + R"(", "path": ")" + path + R"("}])"}};
  };
  const auto failure = [&](const OtherFiles& files) {
    return error_of([&] {
      Engine engine;
      run(engine, load_features(engine, files), request_of({"a"}, R"({"pooling": "model"})"));
    });
  };
  CHECK_THAT(failure(modules("WordWeights", "1_Weights")),
             ContainsSubstring("unsupported-model: ") && ContainsSubstring("\"WordWeights\""));
  CHECK_THAT(failure(modules("Dense", "../other")),
             ContainsSubstring("model-format: modules.json"));
  CHECK_THAT(failure(modules("Pooling", "no_folder")),
             ContainsSubstring("model-incomplete: The model has no no_folder/config.json"));
  OtherFiles dense = modules("Dense", "2_Dense");
  CHECK_THAT(failure(dense), ContainsSubstring("model-incomplete: "));
  dense["2_Dense/config.json"] =
      R"({"in_features": 16, "out_features": 8, "activation_function": "torch.Softplus"})";
  CHECK_THAT(failure(dense), ContainsSubstring("unsupported-model: 2_Dense/config.json"));
  dense["2_Dense/config.json"] = R"({"in_features": 24, "out_features": 8})";
  CHECK_THAT(failure(dense), ContainsSubstring("24 inputs"));
  dense["2_Dense/config.json"] = R"({"in_features": 16, "out_features": 4294967296})";
  CHECK_THAT(failure(dense), ContainsSubstring("model-format: 2_Dense/config.json"));
  OtherFiles pooling = modules("Pooling", "1_Pooling");
  for (const std::string config :
       {R"({"pooling_mode": "sum"})", R"({"pooling_mode": [1]})", "[]",
        R"({"pooling_mode": ["max","max","max","max","max","max","max"]})"}) {
    pooling["1_Pooling/config.json"] = config;
    INFO(config);
    CHECK_THAT(failure(pooling), ContainsSubstring("model-format: "));
  }
  for (const std::string list : {"{}", "[1]", R"([{"type": 1}])", R"([{"path": ""}])", "["}) {
    INFO(list);
    CHECK_THAT(failure({{"modules.json", list}}), ContainsSubstring("model-format: "));
  }
  // What is asked for without the modules does not need them.
  Engine engine;
  const int model = load_features(engine, modules("WordWeights", "1_Weights"));
  CHECK(!run(engine, model, request_of({"a"}, R"({"pooling": "mean"})")).empty());
}

TEST_CASE("Attentions and hidden states are those of Python, with their tokens",
          "[tasks][features][inspection]") {
  const JsonDocument cases(read_task_file("features", "inspections.json"), "inspections",
                           ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() == 3);
  for (size_t i = 0; i < list.size(); ++i) {
    const Json test = list.at(i);
    const bool features = test.at("model").as_string() == "features";
    Engine engine;
    const int model = features ? load_features(engine) : load_model(engine, "bert");
    std::string input = json_of(test.at("text"));
    if (!features) {
      input = R"({"text": )" + input + R"(, "text_pair": )" + json_of(test.at("pair")) + "}";
    }
    // Another text before it, so that places within a batch count.
    const std::string request =
        R"({"inputs": ["so good", )" + input +
        R"(], "options": {"output_attentions": true, "output_hidden_states": true}})";
    const Answer answer = answer_of(engine, model, request);
    const JsonDocument result(answer.json, "result", ErrorCode::kInternal);
    const Json all = features ? result.root().at("inspections") : result.root();
    const Json found = all.at(size_t{1});
    CHECK(json_of(found.at("tokens")) == json_of(test.at("tokens")));
    for (const char* kind : {"attentions", "hidden_states"}) {
      const Json layers = test.at(kind);
      REQUIRE(found.at(kind).size() == layers.size());
      for (size_t layer = 0; layer < layers.size(); ++layer) {
        check_values(answer.values(found.at(kind).at(layer)), layers.at(layer));
      }
    }
    CHECK(found.has("labels") == !features);
  }
}
