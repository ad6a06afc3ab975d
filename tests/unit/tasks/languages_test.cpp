// Translators of several languages against Python: M2M100, NLLB, mBART-50 and T5, with tokenizers
// that have no tokenizer.json. The data is made by tests/golden/make_languages.py.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

constexpr const char* kFolders[] = {"m2m100", "nllb", "mbart50", "t5"};

void check_case(Json expected, Json actual) {
  const Json translations = expected.at("translations");
  REQUIRE(actual.size() == translations.size());
  for (size_t rank = 0; rank < actual.size(); ++rank) {
    const Json entry = actual.at(rank);
    CHECK(entry.at("translation_text").as_string() == translations.at(rank).as_string());
    CHECK(entry.at("token_count").as_int() == expected.at("tokens").at(rank).as_int());
    if (!expected.has("scores")) continue;
    CHECK_THAT(entry.at("score").as_double(),
               WithinAbs(expected.at("scores").at(rank).as_double(), 1e-4));
  }
}

// The model's own number of beams is not Python's, so the goldens' is asked for.
std::string with_beams(std::string options) {
  if (options.find("num_beams") != std::string::npos) return options;
  const bool empty = options.find(':') == std::string::npos;
  options.insert(1, empty ? R"("num_beams": 4)" : R"("num_beams": 4, )");
  return options;
}

std::string message_of(Engine& engine, int model, const std::string& options) {
  const Error error = error_of([&] { run(engine, model, request_of({"home"}, options)); });
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  return error.what();
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
    const bool t5 = folder == "t5" && list.at(i).at("options").has("tgt_lang");
    const std::string given = json_of(list.at(i).at("options"));
    const std::string options = t5 ? given : with_beams(given);
    const std::string text(list.at(i).at("text").as_string());
    INFO(folder << " " << text << " " << options);
    const JsonDocument result(run(engine, model, request_of({text}, options)), "result",
                              ErrorCode::kInternal);
    check_case(list.at(i), result.root().at(0));
  }
}
