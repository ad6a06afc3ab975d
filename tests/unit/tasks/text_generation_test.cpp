// Texts that go on, against Python's pipeline: tiny models that know lines of emoji, Chinese,
// combining marks and broken bytes by heart, over a byte-level and a byte-fallback tokenizer.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>

#include "base/utf.hpp"
#include "tasks/text2text.hpp"
#include "unit/tasks/task_models.hpp"

using namespace dragoman;
using namespace dragoman::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kTask = "text-generation";

// The options of a case as the core has them: full texts and chats are the page's.
std::string request_of_case(Json test, bool stream) {
  std::string options = json_of(test.at("options"));
  for (const std::string page :
       {"\"return_full_text\":false", "\"continue_final_message\":false"}) {
    const size_t at = options.find(page);
    if (at == std::string::npos) continue;
    options.erase(at, page.size());
    options.erase(options[at] == ',' ? at : at - 1, 1);
  }
  const bool special = test.at("special").as_bool();
  if (!special && options.find("add_special_tokens") == std::string::npos) {
    options.insert(1, "\"add_special_tokens\":false,");
  }
  if (stream) options.insert(1, "\"stream\":true,");
  return R"({"inputs": )" + json_of(test.at("prompts")) + R"(, "options": )" + options + "}";
}

// Nothing taken back, no half character, and in the end all of it.
class Stream {
 public:
  explicit Stream(std::string expected) : expected_(std::move(expected)) {}
  void take(Json news) {
    if (news.has("outputs")) return;
    const std::string settled(news.at("settled").as_string());
    CAPTURE(settled, last_, expected_);
    CHECK(settled.starts_with(last_));
    CHECK(expected_.starts_with(settled));
    CHECK(repaired_utf8(settled) == settled);
    pieces_ += settled != last_ ? 1 : 0;
    last_ = settled;
  }
  int pieces() const { return pieces_; }

 private:
  std::string expected_;
  std::string last_;
  int pieces_ = 0;
};

void check_streams(Engine& engine, int model, Json test) {
  std::vector<Stream> streams;
  for (size_t i = 0; i < test.at("texts").size(); ++i) {
    streams.emplace_back(std::string(test.at("texts").at(i).at(size_t{0}).as_string()));
  }
  const int job = engine.start_job(model, request_of_case(test, true));
  for (bool more = true; more;) {
    more = engine.step_job(job);
    const JsonDocument progress(engine.job_progress(job), "progress", ErrorCode::kInternal);
    const Json partial = progress.root().at("partial");
    for (size_t i = 0; i < partial.size(); ++i) {
      const auto index = static_cast<size_t>(partial.at(i).at("index").as_int());
      streams[index].take(partial.at(i));
    }
  }
  engine.cancel_job(job);
  if (test.at("options").has("num_beams")) return;
  for (size_t i = 0; i < streams.size(); ++i) {
    const std::string_view text = test.at("texts").at(i).at(size_t{0}).as_string();
    CAPTURE(text);
    if (text.size() > 24) CHECK(streams[i].pieces() >= 4);
  }
}

std::vector<std::string> texts_of(const std::string& result) {
  const JsonDocument document(result, "result", ErrorCode::kInternal);
  std::vector<std::string> texts;
  for (size_t i = 0; i < document.root().size(); ++i) {
    const Json ranked = document.root().at(i);
    for (size_t k = 0; k < ranked.size(); ++k) {
      texts.emplace_back(ranked.at(k).at("generated_text").as_string());
    }
  }
  return texts;
}

}  // namespace

TEST_CASE("Prompts go on as in Python's pipeline, and stream whole characters", "[generation]") {
  for (const std::string folder : {"gpt2", "llama", "qwen2"}) {
    Engine engine;
    const int model = load_task(engine, kTask, folder);
    const JsonDocument cases(read_task_file(folder, "cases.json"), "cases", ErrorCode::kInternal);
    const Json all = cases.root().at("cases");
    CHECK(all.size() >= 11);
    for (size_t i = 0; i < all.size(); ++i) {
      const Json test = all.at(i);
      CAPTURE(folder, json_of(test.at("prompts")), json_of(test.at("options")));
      std::vector<std::string> expected;
      for (size_t k = 0; k < test.at("texts").size(); ++k) {
        const Json ranked = test.at("texts").at(k);
        for (size_t j = 0; j < ranked.size(); ++j) expected.emplace_back(ranked.at(j).as_string());
      }
      CHECK(texts_of(run(engine, model, request_of_case(test, false))) == expected);
      check_streams(engine, model, test);
    }
  }
}

TEST_CASE("Prompts leave room for what is generated, or are refused", "[generation]") {
  Engine engine;
  const int model = load_task(engine, kTask, "gpt2");
  const auto ask = [&](const std::string& text, const std::string& options) {
    return run(engine, model, request_of({text}, options));
  };
  std::string long_prompt;
  for (int i = 0; i < 97; ++i) long_prompt += "~";
  CHECK_THAT(error_of([&] { ask(long_prompt, "{}"); }),
             ContainsSubstring("input-too-long: inputs[0] has 97 tokens; the model takes at most "
                               "96."));
  // The greatest one gets one token, and says that it was cut.
  const JsonDocument cut(ask(long_prompt.substr(1), R"({"eos_token_id": null})"), "result",
                         ErrorCode::kInternal);
  const Json output = cut.root().at(size_t{0}).at(size_t{0});
  CHECK(output.at("token_count").as_int() == 1);
  CHECK(output.get_bool("truncated", false));
  CHECK_THAT(error_of([&] { ask("the boat waits", R"({"max_length": 3})"); }),
             ContainsSubstring("max_length"));
}

TEST_CASE("Options that mean nothing to a decoder alone are refused", "[generation]") {
  Engine engine;
  const int model = load_task(engine, kTask, "qwen2");
  for (const std::string option :
       {R"({"decoder_start_token_id": 1})", R"({"merge": true})", R"({"truncation": true})"}) {
    CHECK_THAT(error_of([&] { run(engine, model, request_of({"a"}, option)); }),
               ContainsSubstring("unsupported-option"));
  }
  CHECK_THAT(error_of([&] { run(engine, model, request_of({""})); }),
             ContainsSubstring("inputs[0] is empty, and the model has no bos_token_id"));
  CHECK_THAT(error_of([&] { load_task(engine, kTask, "marian"); }),
             ContainsSubstring("unsupported-model"));
}

TEST_CASE("Samples are drawn by default, as a seed says", "[generation]") {
  Engine engine;
  const int model = load_task(engine, kTask, "gpt2");
  const auto ask = [&](const std::string& options) {
    return run(engine, model, request_of({"a"}, options));
  };
  const std::string first = ask(R"({"seed": 4, "max_new_tokens": 12, "temperature": 3.0})");
  CHECK(first == ask(R"({"seed": 4, "max_new_tokens": 12, "temperature": 3.0})"));
  CHECK(first != ask(R"({"seed": 5, "max_new_tokens": 12, "temperature": 3.0})"));
  CHECK(ask(R"({"seed": 4, "max_new_tokens": 12})") ==
        ask(R"({"seed": 4, "max_new_tokens": 12, "do_sample": true, "temperature": 0.7})"));
}

namespace {

// What a request did: its result, and how many steps it took.
struct Turn {
  std::string result;
  int steps = 0;
};

Turn turn_of(Engine& engine, int model, const std::string& text, bool reuse, int most_steps = 0) {
  const std::string options = R"({"max_new_tokens": 12, "seed": 3, "temperature": 2.0,
      "reuse_cache": )" + std::string(reuse ? "true}" : "false}");
  const int job = engine.start_job(model, request_of({text}, options));
  Turn turn;
  while (engine.step_job(job)) {
    if (++turn.steps == most_steps) break;
  }
  if (most_steps == 0) turn.result = engine.job_result(job);
  engine.cancel_job(job);
  return turn;
}

double score_of(const Turn& turn) {
  const JsonDocument document(turn.result, "result", ErrorCode::kInternal);
  return document.root().at(size_t{0}).at(size_t{0}).at("score").as_double();
}

// Tokens that were decoded one by one went through sums of another order than those of a prompt.
void check_same(const Turn& reused, const Turn& anew) {
  CHECK(texts_of(reused.result) == texts_of(anew.result));
  CHECK(std::abs(score_of(reused) - score_of(anew)) < 2e-5);
}

}  // namespace

TEST_CASE("What is kept of a prompt changes no result but for the last bits of its score",
          "[generation]") {
  const std::string first = "weather : the boat waits near the old bridge .";
  for (const std::string dtype : {"fp32", "int8", "fp32+int8", "int8+int8"}) {
    for (const std::string folder : {"gpt2", "llama", "qwen2"}) {
      Engine engine;
      const int model = load_task(engine, kTask, folder, dtype);
      std::string text = first;
      for (int turn = 0; turn < 3; ++turn) {
        CAPTURE(dtype, folder, turn);
        const Turn reused = turn_of(engine, model, text, true);
        check_same(reused, turn_of(engine, model, text, false));
        text += texts_of(reused.result).front() + " ok";
      }
      // Another prompt begins anew, and one that was cut short is gone on from.
      check_same(turn_of(engine, model, "京都", true), turn_of(engine, model, "京都", false));
      turn_of(engine, model, first, true, 6);
      check_same(turn_of(engine, model, first, true), turn_of(engine, model, first, false));
    }
  }
}

TEST_CASE("What is kept saves steps, shows in the memory in use, and goes with the model",
          "[generation]") {
  Engine engine;
  const int model = load_task(engine, kTask, "gpt2");
  const std::string text = "the boat waits near the old bridge .";
  const int anew = turn_of(engine, model, text, false).steps;
  CHECK(engine.memory_use(0).find("\"cache_bytes\":0,") != std::string::npos);
  turn_of(engine, model, text, true);
  CHECK(engine.memory_use(0).find("\"cache_bytes\":0,") == std::string::npos);
  // All but the last token is there: no layer of the prompt is run again.
  CHECK(turn_of(engine, model, text, true).steps < anew);
  // Several prompts at once, beams and samples leave it alone.
  run(engine, model, request_of({text, text}));
  run(engine, model, request_of({text}, R"({"num_beams": 2, "do_sample": false})"));
  CHECK(turn_of(engine, model, text, true).steps < anew);
  engine.delete_model(model);
  CHECK(engine.memory_use(0).find("\"cache_bytes\":0,") != std::string::npos);
}

TEST_CASE("Prompts that begin alike give in a batch what each gives alone", "[generation]") {
  const std::vector<std::string> prompts = {"the boat waits",
                                            "the boat",
                                            "the boat waits near the old",
                                            "the boat waits",
                                            "the train leaves at noon and the boat waits",
                                            "the"};
  const std::string options = R"({"max_new_tokens": 16, "seed": 5, "temperature": 3.0})";
  for (const std::string dtype : {"fp32", "int8", "int4", "fp32+int8"}) {
    for (const std::string folder : {"gpt2", "llama", "qwen2"}) {
      CAPTURE(dtype, folder);
      Engine engine;
      const int model = load_task(engine, kTask, folder, dtype);
      std::vector<std::string> alone;
      for (const std::string& prompt : prompts) {
        const std::string own = R"({"reuse_cache": false, )" + options.substr(1);
        alone.push_back(elements(run(engine, model, request_of({prompt}, own))).front());
      }
      CHECK(alone[0] == alone[3]);
      CHECK(alone[0] != alone[1]);
      CHECK(elements(run(engine, model, request_of(prompts, options))) == alone);
      // What a single prompt left is no concern of theirs.
      run(engine, model, request_of({prompts[2]}, options));
      CHECK(elements(run(engine, model, request_of(prompts, options))) == alone);
    }
  }
}

TEST_CASE("Guesses from the prompt change no output, and save steps where text repeats itself",
          "[generation][lookup]") {
  const auto turn = [](Engine& engine, int model, const std::string& text, std::string options) {
    const int job = engine.start_job(model, request_of({text}, options));
    Turn result;
    while (engine.step_job(job)) ++result.steps;
    result.result = engine.job_result(job);
    engine.cancel_job(job);
    return result;
  };
  const std::string text = "the boat waits near the old bridge . the boat waits near";
  for (const std::string dtype : {"fp32", "int8", "fp32+int8"}) {
    for (const std::string folder : {"gpt2", "llama", "qwen2"}) {
      for (const std::string how : {R"("do_sample": false)", R"("seed": 4, "temperature": 0.3)"}) {
        CAPTURE(dtype, folder, how);
        Engine engine;
        const int model = load_task(engine, kTask, folder, dtype);
        const std::string options =
            R"({"reuse_cache": false, "eos_token_id": null, "max_new_tokens": 16, )" + how;
        const Turn plain = turn(engine, model, text, options + "}");
        for (const std::string guesses : {"2", "8"}) {
          const std::string more = R"(, "prompt_lookup_num_tokens": )" + guesses + "}";
          const Turn guessed = turn(engine, model, text, options + more);
          check_same(guessed, plain);
          CHECK(guessed.steps < plain.steps);
        }
      }
    }
  }
}
