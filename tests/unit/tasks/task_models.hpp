// Loads the models under tests/golden/tasks through the engine, as JavaScript does.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "tasks/engine.hpp"
#include "unit/errors.hpp"

namespace dragoman::test {

/// A golden model's file; `folder` is one of tests/golden/tasks.
std::string read_task_file(const std::string& folder, const std::string& file);

std::span<const uint8_t> bytes_of(const std::string& text);

/// Files in the place of those of a folder, by name.
using OtherFiles = std::map<std::string, std::string>;

/// Loads the model in `folder` for any task.
/// @param dtype  "int8", or with that of the cache of keys and values "int8+int8"
int load_task(Engine& engine, const std::string& task, const std::string& folder,
              const std::string& dtype = "fp32", const OtherFiles& others = {});

/// The same for the model's description, JSON.
std::string task_info(Engine& engine, const std::string& task, const std::string& folder);

/// Creates a model and gives it the files of `folder` that it asks for, up to the weights.
/// `folder` is "marian" or "bert", which tells the task.
int begin_model(Engine& engine, const std::string& folder, const std::string& dtype);
/// Feeds the weights in pieces of `piece` bytes.
void feed_model(Engine& engine, int model, const std::string& weights, size_t piece = 4096);
int load_model(Engine& engine, const std::string& folder, const std::string& dtype = "fp32");

/// Runs a request to its end and returns the result, JSON.
std::string run(Engine& engine, int model, const std::string& request);
std::string finish_job(Engine& engine, int job);

/// `value` as JSON text again.
std::string json_of(Json value);

/// Where `actual` differs from `expected`, and how; empty when it does not. Numbers that are no
/// integers may be 1e-4 apart.
std::string difference(Json expected, Json actual, const std::string& path);

/// {"inputs": [texts], "options": options}
std::string request_of(const std::vector<std::string>& texts, const std::string& options = "{}");

/// The elements of a JSON array, each as text again.
std::vector<std::string> elements(const std::string& array);

/// Checks one text's translations against a golden case: texts, numbers of tokens, scores if given.
void check_translations(Json expected, Json actual);

}  // namespace dragoman::test
