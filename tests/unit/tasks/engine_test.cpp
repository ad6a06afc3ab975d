// Many models and jobs at once: none disturbs another, whatever goes wrong.
#include "tasks/engine.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

const std::string kText = "the rain, the sea and the river";

int64_t member(const std::string& json, std::string_view name) {
  const JsonDocument document(json, "json", ErrorCode::kInternal);
  return document.root().at(name).as_int();
}

}  // namespace

TEST_CASE("Interleaved jobs give what they give one after the other", "[tasks][engine]") {
  Engine engine;
  const int marian = load_model(engine, "marian");
  const int bert = load_model(engine, "bert");
  const std::string requests[] = {request_of({kText, "home"}), request_of({"a good film", "dull"}),
                                  request_of({"42 boats\twait"}, R"({"num_beams": 2})")};
  const int models[] = {marian, bert, marian};
  std::string expected[3];
  int jobs[3];
  for (int i = 0; i < 3; ++i) expected[i] = run(engine, models[i], requests[i]);
  for (int i = 0; i < 3; ++i) jobs[i] = engine.start_job(models[i], requests[i]);
  for (bool more = true; more;) {
    more = false;
    for (const int job : jobs) more |= engine.step_job(job);
  }
  for (int i = 0; i < 3; ++i) CHECK(engine.job_result(jobs[i]) == expected[i]);
}

TEST_CASE("Cancelling a job in its middle leaves the others and the model", "[tasks][engine]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const std::string expected = run(engine, model, request_of({kText}));
  const int kept = engine.start_job(model, request_of({kText}));
  const int cancelled = engine.start_job(model, request_of({kText, "home", kText}));
  for (int i = 0; i < 6; ++i) {
    CHECK(engine.step_job(kept));
    CHECK(engine.step_job(cancelled));
  }
  CHECK(member(engine.memory_use(0), "cache_bytes") > 0);
  engine.cancel_job(cancelled);
  CHECK_THAT(error_of([&] { engine.step_job(cancelled); }), StartsWith("disposed: "));
  CHECK(finish_job(engine, kept) == expected);
  CHECK(member(engine.memory_use(0), "cache_bytes") == 0);
  CHECK(run(engine, model, request_of({kText})) == expected);
}

TEST_CASE("Progress counts texts and shows them on request", "[tasks][engine]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  const std::string options = GENERATE(as<std::string>(), R"({"stream": true, "num_beams": 1})",
                                       R"({"stream": true, "num_beams": 3})");
  const int job = engine.start_job(model, request_of({kText, "", "home"}, options));
  // What is settled of each text, as it grows; and the translations once they are there.
  std::vector<std::string> settled[3];
  std::string finals[3];
  const auto report = [&] {
    const JsonDocument progress(engine.job_progress(job), "progress", ErrorCode::kInternal);
    REQUIRE(progress.root().at("total").as_int() == 3);
    const Json partial = progress.root().at("partial");
    for (size_t i = 0; i < partial.size(); ++i) {
      const auto index = static_cast<size_t>(partial.at(i).at("index").as_int());
      REQUIRE(finals[index].empty());
      if (partial.at(i).has("outputs")) {
        finals[index] = partial.at(i).at("outputs").at(0).at("translation_text").as_string();
        finals[index] += '!';  // not empty, even where the translation is
      } else {
        settled[index].emplace_back(partial.at(i).at("settled").as_string());
        CHECK_THAT(std::string(partial.at(i).at("text").as_string()),
                   StartsWith(settled[index].back()));
      }
    }
    return progress.root().at("finished").as_int();
  };
  while (engine.step_job(job)) report();
  CHECK(report() == 3);
  CHECK(report() == 3);  // and says nothing twice
  const JsonDocument result(engine.job_result(job), "result", ErrorCode::kInternal);
  for (size_t i = 0; i < 3; ++i) {
    const std::string text(result.root().at(i).at(0).at("translation_text").as_string());
    CHECK(finals[i] == text + '!');
    for (const std::string& beginning : settled[i]) CHECK_THAT(text, StartsWith(beginning));
  }
  CHECK(settled[0].size() > 1);
  const int plain = engine.start_job(model, request_of({kText}));
  CHECK(engine.job_progress(plain) == R"({"finished":0,"total":1})");
  CHECK_THAT(error_of([&] { engine.job_result(plain); }), ContainsSubstring("not finished"));
}

TEST_CASE("A model that fails to load leaves the others usable", "[tasks][engine]") {
  Engine engine;
  const int good = load_model(engine, "marian");
  const std::string expected = run(engine, good, request_of({kText}));
  const std::string weights = read_task_file("marian", "model.safetensors");

  const int cut = begin_model(engine, "marian", "int8");
  CHECK_THAT(error_of([&] { feed_model(engine, cut, weights.substr(0, weights.size() / 2)); }),
             StartsWith("model-format: "));
  CHECK_THAT(error_of([&] { engine.finish_model(cut); }), ContainsSubstring("could not be loaded"));

  const int huge = begin_model(engine, "marian", "int8");
  std::string header = weights;
  for (size_t i = 0; i < 8; ++i) header[i] = i == 7 ? '\x10' : '\0';  // 2^60
  CHECK_THAT(error_of([&] { feed_model(engine, huge, header); }), StartsWith("model-format: "));

  const int empty = begin_model(engine, "marian", "int8");
  CHECK_THAT(error_of([&] { engine.finish_model(empty); }), StartsWith("model-incomplete: "));

  const int other = begin_model(engine, "marian", "fp32");
  CHECK_THAT(
      error_of([&] { feed_model(engine, other, read_task_file("bert", "model.safetensors")); }),
      StartsWith("model-format: "));
  for (const int model : {cut, huge, empty, other}) engine.delete_model(model);
  CHECK(run(engine, good, request_of({kText})) == expected);
  CHECK(run(engine, load_model(engine, "marian"), request_of({kText})) == expected);
}

TEST_CASE("A missing or damaged tokenizer is named", "[tasks][engine]") {
  Engine engine;
  const auto load = [&](const std::string& vocabulary) {
    const int model = engine.create_model(R"({"task": "translation"})");
    const auto add = [&](const std::string& name) {
      engine.add_model_file(model, name, bytes_of(read_task_file("marian", name)));
    };
    add("config.json");
    add("source.spm");
    add("target.spm");
    if (!vocabulary.empty()) engine.add_model_file(model, "vocab.json", bytes_of(vocabulary));
    feed_model(engine, model, read_task_file("marian", "model.safetensors"));
    engine.finish_model(model);
  };
  CHECK_THAT(error_of([&] { load(""); }), ContainsSubstring("model-incomplete: "));
  CHECK_THAT(error_of([&] { load(""); }), ContainsSubstring("vocab.json"));
  CHECK_THAT(error_of([&] { load("{"); }), StartsWith("tokenizer-format: "));
}

TEST_CASE("Files and calls out of order are refused", "[tasks][engine]") {
  Engine engine;
  const std::string config = read_task_file("marian", "config.json");
  const int model = engine.create_model(R"({"task": "translation_en_to_fr", "name": "tiny"})");
  CHECK(engine.model_file_names(model) ==
        R"({"required":["config.json"],"optional":[],"weights":["model.safetensors",)"
        R"("model.safetensors.index.json","pytorch_model.bin","pytorch_model.bin.index.json"]})");
  CHECK_THAT(error_of([&] { engine.add_model_file(model, "vocab.json", {}); }),
             ContainsSubstring("config.json comes first"));
  CHECK_THAT(error_of([&] { engine.begin_weights(model, "model.safetensors", 0); }),
             ContainsSubstring("config.json comes first"));
  CHECK_THAT(error_of([&] { engine.finish_model(model); }), StartsWith("model-incomplete: "));
  CHECK_THAT(error_of([&] { engine.add_model_file(model, "config.json", bytes_of("{}")); }),
             ContainsSubstring("model_type"));
  engine.add_model_file(model, "config.json", bytes_of(config));
  CHECK_THAT(error_of([&] { engine.add_model_file(model, "config.json", bytes_of(config)); }),
             ContainsSubstring("twice"));
  CHECK_THAT(error_of([&] { engine.feed_weights(model, bytes_of(config)); }),
             ContainsSubstring("before their file began"));
  CHECK_THAT(error_of([&] { engine.end_weights(model); }), ContainsSubstring("did not begin"));
  CHECK_THAT(error_of([&] { engine.start_job(model, request_of({"a"})); }),
             ContainsSubstring("not complete"));
  CHECK_THAT(error_of([&] { engine.weight_shards(model); }), ContainsSubstring("no index"));
  const int done = load_model(engine, "marian");
  CHECK_THAT(error_of([&] { engine.finish_model(done); }), ContainsSubstring("complete"));
}

TEST_CASE("A model's description is checked", "[tasks][engine]") {
  Engine engine;
  const auto refusal = [&](const std::string& spec) {
    return error_of([&] { engine.create_model(spec); });
  };
  CHECK_THAT(refusal(R"({"task": "summarisation"})"),
             ContainsSubstring("unsupported-option: The task \"summarisation\" is unknown"));
  CHECK_THAT(refusal(R"({"task": "translation_to_fr"})"), ContainsSubstring("unknown"));
  CHECK_THAT(refusal(R"({"task": "translation", "dtype": "int3"})"),
             ContainsSubstring("known are int8 (or q8), int4 (or q4), fp32"));
  CHECK_THAT(refusal(R"({"task": "translation", "device": "gpu"})"), ContainsSubstring("device"));
  CHECK_THAT(refusal("{}"), ContainsSubstring("\"task\" is missing"));
  CHECK_THAT(refusal(R"({"task": "translation", "kv_dtype": "int4"})"),
             ContainsSubstring("The kv_dtype \"int4\" is unknown; known are fp32, int8"));
  const int cached = engine.create_model(R"({"task": "translation", "kv_dtype": "int8"})");
  CHECK_THAT(error_of([&] {
               engine.add_model_file(cached, "config.json",
                                     bytes_of(read_task_file("marian", "config.json")));
             }),
             StartsWith("unsupported-option: The kv_dtype int8 is for decoders alone"));
  const int narrow = engine.create_model(R"({"task": "translation", "dtype": "q4"})");
  CHECK_THAT(error_of([&] {
               engine.add_model_file(narrow, "config.json",
                                     bytes_of(read_task_file("marian", "config.json")));
             }),
             StartsWith("unsupported-option: The dtype int4 (or q4) is for decoders alone; a model "
                        "of type \"marian\" can be int8 (or q8) or fp32."));
  const int bert = engine.create_model(R"({"task": "translation"})");
  CHECK_THAT(error_of([&] {
               engine.add_model_file(bert, "config.json",
                                     bytes_of(read_task_file("bert", "config.json")));
             }),
             StartsWith("unsupported-model: "));
}

TEST_CASE("A finished model describes itself", "[tasks][engine]") {
  Engine engine;
  const int model = begin_model(engine, "bert", "q8");
  feed_model(engine, model, read_task_file("bert", "model.safetensors"), 77);
  const JsonDocument info(engine.finish_model(model), "info", ErrorCode::kInternal);
  CHECK(info.root().at("task").as_string() == "text-classification");
  CHECK(info.root().at("model_type").as_string() == "bert");
  CHECK(info.root().at("dtype").as_string() == "int8");
  CHECK(info.root().at("max_length").as_int() == 48);
  CHECK(info.root().at("labels").size() == 3);
  CHECK(info.root().at("labels").at(2).as_string() == "POSITIVE");
  CHECK(info.root().at("packed_bytes").as_int() == member(engine.memory_use(5), "packed_bytes"));
  CHECK(member(engine.memory_use(5), "heap_bytes") == 5);
  engine.delete_model(model);
  CHECK(member(engine.memory_use(0), "packed_bytes") == 0);
  CHECK(member(engine.memory_use(0), "arena_bytes") == 0);
}

TEST_CASE("Old and unknown handles are told apart", "[tasks][engine]") {
  Engine engine;
  CHECK_THAT(error_of([&] { engine.step_job(1); }), StartsWith("invalid-argument: "));
  CHECK_THAT(error_of([&] { engine.delete_model(1); }), StartsWith("invalid-argument: "));
  CHECK_THAT(error_of([&] { engine.delete_model(-1); }), StartsWith("invalid-argument: "));
  const int model = load_model(engine, "marian");
  const int job = engine.start_job(model, request_of({kText}));
  engine.step_job(job);
  engine.delete_model(model);
  CHECK_THAT(error_of([&] { engine.delete_model(model); }), StartsWith("disposed: "));
  CHECK_THAT(error_of([&] { engine.start_job(model, "{}"); }), StartsWith("disposed: "));
  CHECK_THAT(error_of([&] { engine.step_job(job); }), StartsWith("disposed: "));
  CHECK_THAT(error_of([&] { engine.cancel_job(job); }), StartsWith("disposed: "));
}

TEST_CASE("The number of threads changes speed only", "[tasks][engine]") {
  Engine engine;
  const int model = load_model(engine, "marian", "int8");
  const std::string expected = run(engine, model, request_of({kText, "home"}));
  engine.configure(3);
  CHECK(run(engine, model, request_of({kText, "home"})) == expected);
  engine.configure(1);
  CHECK(run(engine, model, request_of({kText, "home"})) == expected);
  for (const int threads : {0, -1, 65}) {
    CHECK_THAT(error_of([&] { engine.configure(threads); }),
               ContainsSubstring("threads is " + std::to_string(threads)));
  }
  CHECK(run(engine, model, request_of({kText, "home"})) == expected);
}
