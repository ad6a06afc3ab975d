// Translators of several languages against Python: M2M100, NLLB, mBART-50 and T5, with tokenizers
// that have no tokenizer.json. The data is made by tests/golden/make_languages.py.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tasks/windows.hpp"
#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kFolders[] = {"m2m100", "nllb", "mbart50", "t5"};

std::string message_of(Engine& engine, int model, const std::string& options) {
  return error_of([&] { run(engine, model, request_of({"home"}, options)); });
}

}  // namespace

TEST_CASE("Translations between several languages are Python's", "[tasks][languages]") {
  const std::string folder = GENERATE(from_range(std::begin(kFolders), std::end(kFolders)));
  Engine engine;
  const int model = load_task(engine, "translation", folder);
  const JsonDocument cases(read_task_file(folder, "cases.json"), "cases", ErrorCode::kInternal);
  const Json list = cases.root().at("cases");
  REQUIRE(list.size() >= 30);
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string options = json_of(list.at(i).at("options"));
    const std::string text(list.at(i).at("text").as_string());
    INFO(folder << " " << text << " " << options);
    const JsonDocument result(run(engine, model, request_of({text}, options)), "result",
                              ErrorCode::kInternal);
    check_translations(list.at(i), result.root().at(0));
  }
}

TEST_CASE("A task that names languages needs no others", "[tasks][languages]") {
  Engine engine;
  const std::string asked = R"({"src_lang": "fr", "tgt_lang": "en"})";
  const int plain = load_task(engine, "translation", "m2m100");
  const int named = load_task(engine, "translation_fr_to_en", "m2m100");
  CHECK(run(engine, plain, request_of({"la gare"}, asked)) ==
        run(engine, named, request_of({"la gare"})));
  // What a call says wins.
  const std::string other = R"({"src_lang": "zh", "tgt_lang": "sw"})";
  CHECK(run(engine, plain, request_of({"la gare"}, other)) ==
        run(engine, named, request_of({"la gare"}, other)));
}

TEST_CASE("Every window of a long text has its language", "[tasks][languages]") {
  TokenizerFiles files;
  for (const std::string name :
       {"sentencepiece.bpe.model", "vocab.json", "tokenizer_config.json"}) {
    files[name] = read_task_file("m2m100", name);
  }
  const auto tokenizer = load_tokenizer(files, "m2m_100");
  const int32_t french = tokenizer->token_id("__fr__");
  const int32_t end = tokenizer->token_id("</s>");
  std::string text;
  for (int i = 0; i < 12; ++i) text += "la gare est derriere le vieux marche ";
  const Windows windows = split_windows(*tokenizer, {"", text, french}, 24, false, "The text");
  REQUIRE(windows.ids.size() > 5);
  for (const std::vector<int32_t>& ids : windows.ids) {
    CHECK(ids.size() <= 24);
    CHECK(ids.front() == french);
    CHECK(ids.back() == end);
  }
}

TEST_CASE("Languages that a model lacks are refused, with those near them", "[tasks][languages]") {
  Engine engine;
  const int m2m100 = load_task(engine, "translation", "m2m100");
  CHECK_THAT(message_of(engine, m2m100, R"({"tgt_lang": "xx"})"),
             ContainsSubstring("invalid-argument: tgt_lang is \"xx\"") &&
                 ContainsSubstring("100 languages"));
  CHECK_THAT(message_of(engine, m2m100, R"({"tgt_lang": "fra_Latn"})"),
             ContainsSubstring("near it are fr"));
  CHECK_THAT(message_of(engine, m2m100, R"({"src_lang": "eng", "tgt_lang": "fr"})"),
             ContainsSubstring("src_lang is \"eng\""));
  CHECK_THAT(message_of(engine, m2m100, "{}"), ContainsSubstring("tgt_lang must name one"));
  CHECK_THAT(message_of(engine, m2m100, R"({"tgt_lang": 5})"), ContainsSubstring("tgt_lang"));
  const int nllb = load_task(engine, "translation", "nllb");
  CHECK_THAT(message_of(engine, nllb, R"({"tgt_lang": "fra"})"),
             ContainsSubstring("202 languages") && ContainsSubstring("fra_Latn"));
  const int t5 = load_task(engine, "translation", "t5");
  CHECK_THAT(message_of(engine, t5, R"({"src_lang": "en", "tgt_lang": "ja"})"),
             ContainsSubstring("en to de, en to fr"));
  CHECK_THAT(error_of([&] { load_task(engine, "translation_en_to_xx", "m2m100"); }),
             ContainsSubstring("tgt_lang is \"xx\""));
}

TEST_CASE("Marian's targets are codes in the text", "[tasks][languages]") {
  Engine engine;
  const int model = load_model(engine, "marian");
  CHECK(run(engine, model, request_of({"home"}, R"({"tgt_lang": "fra"})")) ==
        run(engine, model, request_of({">>fra<< home"})));
  CHECK(run(engine, model, request_of({"home"}, R"({"src_lang": "en", "tgt_lang": "deu"})")) ==
        run(engine, model, request_of({">>deu<< home"})));
  CHECK_THAT(message_of(engine, model, R"({"tgt_lang": "spa"})"),
             ContainsSubstring("2 languages") && ContainsSubstring("fra, deu"));
  CHECK_THAT(message_of(engine, model, R"({"src_lang": "de"})"),
             ContainsSubstring("src_lang is \"de\", but the model's is \"en\""));
}

TEST_CASE("A translator tells its languages", "[tasks][languages]") {
  Engine engine;
  const JsonDocument info(task_info(engine, "translation", "mbart50"), "info",
                          ErrorCode::kInternal);
  const Json codes = info.root().at("languages");
  REQUIRE(codes.size() == 52);
  CHECK(codes.at(size_t{3}).as_string() == "en_XX");
  CHECK(info.root().at("source_lang").as_string() == "en_XX");
}
