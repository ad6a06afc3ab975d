// Summaries of BART and T5 with tokenizers of their families, against Python's pipeline; and a
// document many times as long as the model takes.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include "tasks/text2text.hpp"
#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;

namespace {

std::string summary_of(const std::string& result) {
  const JsonDocument document(result, "result", ErrorCode::kInternal);
  return std::string(document.root().at(size_t{0}).at(size_t{0}).at("summary_text").as_string());
}

std::string document_of(int words) {
  constexpr std::string_view kWords[] = {"the",    "old",   "station", "waits",   "near",
                                         "bridge", "and",   "river",   "where",   "letters",
                                         "left,",  "rain.", "market",  "tomorrow"};
  std::string text;
  for (int i = 0; i < words; ++i) {
    text += (i == 0 ? "" : " ") + std::string(kWords[(i * i + i / 7) % 14]);
  }
  return text;
}

TokenizerFiles tokenizer_files(const std::string& folder) {
  TokenizerFiles files;
  for (const std::string name :
       {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
    files.emplace(name, read_task_file(folder, name));
  }
  return files;
}

// The most bytes of caches and scratch at any step.
int64_t peak_of(Engine& engine, int model, const std::string& text) {
  const std::string options = R"({"max_new_tokens": 3, "num_beams": 2, "merge": false})";
  const int job = engine.start_job(model, request_of({text}, options));
  int64_t peak = 0;
  while (engine.step_job(job)) {
    const JsonDocument use(engine.memory_use(0), "memory", ErrorCode::kInternal);
    peak = std::max(peak,
                    use.root().at("cache_bytes").as_int() + use.root().at("arena_bytes").as_int());
  }
  CHECK_FALSE(summary_of(engine.job_result(job)).empty());
  engine.cancel_job(job);
  return peak;
}

}  // namespace

TEST_CASE("BART and T5 summarise as Python's pipeline does", "[tasks][summaries]") {
  for (const std::string folder : {"bart-summary", "t5-summary"}) {
    Engine engine;
    const int model = load_task(engine, "summarization", folder);
    const JsonDocument cases(read_task_file(folder, "cases.json"), "cases", ErrorCode::kInternal);
    const Json all = cases.root().at("cases");
    CHECK(all.size() >= 15);
    for (size_t i = 0; i < all.size(); ++i) {
      const std::string text(all.at(i).at("text").as_string());
      const std::string options = json_of(all.at(i).at("options"));
      CAPTURE(folder, text, options);
      CHECK(summary_of(run(engine, model, request_of({text}, options))) ==
            all.at(i).at("summary").as_string());
    }
  }
}

TEST_CASE("Every token of 2,000 words is in a window", "[tasks][summaries]") {
  for (const std::string folder : {"bart-summary", "t5-summary"}) {
    const auto tokenizer = load_tokenizer(tokenizer_files(folder), folder.substr(0, 2));
    const std::string text = document_of(2000);
    EncodeOptions bare;
    bare.add_special_tokens = false;
    const std::vector<int32_t> expected = tokenizer->encode(text, std::nullopt, bare).ids;
    CHECK(expected.size() > 2000);
    const Windows windows = split_windows(*tokenizer, {"", text}, 80, false, "The text");
    CHECK_FALSE(windows.truncated);
    CHECK(windows.ids.size() > 2000 / 80);
    const auto special = static_cast<size_t>(tokenizer->special_tokens(false));
    const size_t before = folder == "bart-summary" ? 1 : 0;
    std::vector<int32_t> joined;
    for (const std::vector<int32_t>& ids : windows.ids) {
      CHECK(ids.size() <= 80);
      const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(before);
      joined.insert(joined.end(), begin, ids.end() - static_cast<std::ptrdiff_t>(special - before));
    }
    CAPTURE(folder);
    CHECK(joined == expected);
  }
}

TEST_CASE("The memory of a summary does not grow with the text", "[tasks][summaries]") {
  Engine engine;
  const int model = load_task(engine, "summarization", "bart-summary");
  const int64_t some = peak_of(engine, model, document_of(2000));
  const int64_t many = peak_of(engine, model, document_of(8000));
  CHECK(some < int64_t{16} << 20);
  CHECK(many <= some + some / 4);
}
