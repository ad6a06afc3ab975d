// Files from disk, requests as JSON.
#include "unit/tasks/task_models.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/json_writer.hpp"

namespace dragoman::test {

namespace {

void write_json(JsonWriter& writer, Json value) {
  if (value.is_array()) {
    writer.begin_array();
    for (size_t i = 0; i < value.size(); ++i) write_json(writer, value.at(i));
    writer.end_array();
  } else if (value.is_object()) {
    writer.begin_object();
    value.each_member([&](std::string_view key, Json member) {
      writer.key(key);
      write_json(writer, member);
    });
    writer.end_object();
  } else if (value.is_string()) {
    writer.string(value.as_string());
  } else if (value.is_bool()) {
    writer.boolean(value.as_bool());
  } else if (value.is_integer()) {
    writer.integer(value.as_int());
  } else if (value.is_number()) {
    writer.number(value.as_double());
  } else {
    writer.null();
  }
}

}  // namespace

std::string difference(Json expected, Json actual, const std::string& path) {
  if (expected.is_number()) {
    const double tolerance = expected.is_integer() && actual.is_integer() ? 0.0 : 1e-4;
    const bool near = std::abs(expected.as_double() - actual.as_double()) <= tolerance;
    return near ? "" : path + " is " + std::to_string(actual.as_double());
  }
  if (expected.is_string()) {
    const bool same = actual.is_string() && expected.as_string() == actual.as_string();
    return same ? "" : path + " is " + std::string(actual.as_string());
  }
  if (expected.size() != actual.size()) {
    return path + " has size " + std::to_string(actual.size());
  }
  std::string found;
  if (expected.is_array()) {
    for (size_t i = 0; i < expected.size() && found.empty(); ++i) {
      found = difference(expected.at(i), actual.at(i), path + "/" + std::to_string(i));
    }
    return found;
  }
  expected.each_member([&](std::string_view key, Json value) {
    if (!found.empty()) return;
    const std::string place = path + "/" + std::string(key);
    found = actual.has(key) ? difference(value, actual.at(key), place) : place + " lacks";
  });
  return found;
}

std::string read_task_file(const std::string& folder, const std::string& file) {
  const std::string path = std::string(DRAGOMAN_GOLDEN_DIR) + "/tasks/" + folder + "/" + file;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

namespace {

// A file of a folder, or what stands in its place; none where there is neither.
std::optional<std::string> file_of(const std::string& folder, const std::string& name,
                                   const OtherFiles& others) {
  const auto other = others.find(name);
  if (other != others.end()) return other->second;
  std::ifstream stream(std::string(DRAGOMAN_GOLDEN_DIR) + "/tasks/" + folder + "/" + name);
  if (!stream) return std::nullopt;
  return read_task_file(folder, name);
}

// Gives the files that the model asks for, until it asks for none that was not asked for before.
void add_files(Engine& engine, int model, const std::string& folder, const OtherFiles& others) {
  std::set<std::string> asked;
  for (size_t before = 1; before != asked.size();) {
    before = asked.size();
    const JsonDocument names(engine.model_file_names(model), "names", ErrorCode::kInternal);
    const Json optional = names.root().at("optional");
    for (size_t i = 0; i < optional.size(); ++i) {
      const std::string name(optional.at(i).as_string());
      if (!asked.insert(name).second) continue;
      const auto file = file_of(folder, name, others);
      if (file) engine.add_model_file(model, name, bytes_of(*file));
    }
  }
}

int begin_task(Engine& engine, const std::string& task, const std::string& folder,
               const std::string& dtype, const OtherFiles& others) {
  const size_t plus = dtype.find('+');
  std::string spec = R"({"task": ")" + task + R"(", "dtype": ")" + dtype.substr(0, plus);
  if (plus != std::string::npos) spec += R"(", "kv_dtype": ")" + dtype.substr(plus + 1);
  const int model = engine.create_model(spec + R"("})");
  engine.add_model_file(model, "config.json", bytes_of(*file_of(folder, "config.json", others)));
  add_files(engine, model, folder, others);
  return model;
}

}  // namespace

int load_task(Engine& engine, const std::string& task, const std::string& folder,
              const std::string& dtype, const OtherFiles& others) {
  const int model = begin_task(engine, task, folder, dtype, others);
  feed_model(engine, model, read_task_file(folder, "model.safetensors"));
  engine.finish_model(model);
  return model;
}

std::string task_info(Engine& engine, const std::string& task, const std::string& folder) {
  const int model = begin_task(engine, task, folder, "fp32", {});
  feed_model(engine, model, read_task_file(folder, "model.safetensors"));
  return engine.finish_model(model);
}

int begin_model(Engine& engine, const std::string& folder, const std::string& dtype) {
  const std::string task = folder == "marian" ? "translation" : "text-classification";
  return begin_task(engine, task, folder, dtype, {});
}

void feed_model(Engine& engine, int model, const std::string& weights, size_t piece) {
  engine.begin_weights(model, "model.safetensors", weights.size());
  const std::span<const uint8_t> bytes = bytes_of(weights);
  for (size_t begin = 0; begin < bytes.size(); begin += piece) {
    engine.feed_weights(model, bytes.subspan(begin, std::min(piece, bytes.size() - begin)));
  }
  engine.end_weights(model);
}

int load_model(Engine& engine, const std::string& folder, const std::string& dtype) {
  const int model = begin_model(engine, folder, dtype);
  feed_model(engine, model, read_task_file(folder, "model.safetensors"));
  engine.finish_model(model);
  return model;
}

std::string finish_job(Engine& engine, int job) {
  while (engine.step_job(job)) {
  }
  std::string result = engine.job_result(job);
  engine.cancel_job(job);
  return result;
}

std::string run(Engine& engine, int model, const std::string& request) {
  return finish_job(engine, engine.start_job(model, request));
}

std::string request_of(const std::vector<std::string>& texts, const std::string& options) {
  JsonWriter writer;
  writer.begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
  return R"({"inputs": )" + writer.text() + R"(, "options": )" + options + "}";
}

std::string json_of(Json value) {
  JsonWriter writer;
  write_json(writer, value);
  return writer.text();
}

std::vector<std::string> elements(const std::string& array) {
  const JsonDocument document(array, "array", ErrorCode::kInternal);
  std::vector<std::string> result;
  for (size_t i = 0; i < document.root().size(); ++i) {
    result.push_back(json_of(document.root().at(i)));
  }
  return result;
}

void check_translations(Json expected, Json actual) {
  const Json translations = expected.at("translations");
  REQUIRE(actual.size() == translations.size());
  for (size_t rank = 0; rank < actual.size(); ++rank) {
    const Json entry = actual.at(rank);
    CHECK(entry.at("translation_text").as_string() == translations.at(rank).as_string());
    CHECK(entry.at("token_count").as_int() == expected.at("tokens").at(rank).as_int());
    if (!expected.has("scores")) continue;
    CHECK_THAT(entry.at("score").as_double(),
               Catch::Matchers::WithinAbs(expected.at("scores").at(rank).as_double(), 1e-4));
  }
}

}  // namespace dragoman::test
