// Files from disk, requests as JSON.
#include "unit/tasks/task_models.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
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
  } else if (value.is_number()) {
    writer.number(value.as_double());
  } else {
    writer.null();
  }
}

}  // namespace

std::string read_task_file(const std::string& folder, const std::string& file) {
  const std::string path = std::string(DRAGOMAN_GOLDEN_DIR) + "/tasks/" + folder + "/" + file;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

int begin_model(Engine& engine, const std::string& folder, const std::string& dtype) {
  const std::string task = folder == "marian" ? "translation" : "text-classification";
  const int model =
      engine.create_model(R"({"task": ")" + task + R"(", "dtype": ")" + dtype + R"("})");
  engine.add_model_file(model, "config.json", bytes_of(read_task_file(folder, "config.json")));
  const JsonDocument names(engine.model_file_names(model), "names", ErrorCode::kInternal);
  const Json optional = names.root().at("optional");
  for (size_t i = 0; i < optional.size(); ++i) {
    const std::string name(optional.at(i).as_string());
    std::ifstream stream(std::string(DRAGOMAN_GOLDEN_DIR) + "/tasks/" + folder + "/" + name);
    if (stream) engine.add_model_file(model, name, bytes_of(read_task_file(folder, name)));
  }
  return model;
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

std::vector<std::string> elements(const std::string& array) {
  const JsonDocument document(array, "array", ErrorCode::kInternal);
  std::vector<std::string> result;
  for (size_t i = 0; i < document.root().size(); ++i) {
    JsonWriter writer;
    write_json(writer, document.root().at(i));
    result.push_back(writer.text());
  }
  return result;
}

}  // namespace dragoman::test
