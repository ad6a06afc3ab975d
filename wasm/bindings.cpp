// The functions JavaScript sees. Numbers, strings and JSON only: classes and vectors would cost
// glue code and leave handles to be freed.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <string>

#include "boundary.hpp"
#include "kernels/probe.hpp"
#include "kernels/self_test.hpp"
#include "staging.hpp"
#include "tasks/engine.hpp"

namespace dragoman {

// clang-format off
EM_JS_DEPS(dragoman_boundary, "$UTF8ToString");
EM_JS(void, dragoman_throw, (const char* code, const char* message), {
  const error = new Error(UTF8ToString(message));
  error.code = UTF8ToString(code);
  throw error;
});
// clang-format on

namespace {

// One engine per instance of the module, made at the first call: JavaScript has made the memory
// and the threads by then.
Engine& engine() {
  static Engine instance;
  return instance;
}

Staging& staging() {
  static Staging instance;
  return instance;
}

std::string version() {
  return DRAGOMAN_VERSION;
}

bool self_test() {
  return guarded([] { return kernels_self_test(); });
}

bool select_form(const std::string& name) {
  return guarded([&] { return select_int8_form(name); });
}

void configure(int threads) {
  guarded([&] { engine().configure(threads); });
}

// Sizes are doubles, as JavaScript's numbers are: an int would wrap what is too large.
uintptr_t allocate(double bytes) {
  return guarded([&] { return staging().allocate(bytes); });
}

void release(uintptr_t address) {
  guarded([&] { staging().release(address); });
}

int create_model(const std::string& spec) {
  return guarded([&] { return engine().create_model(spec); });
}

std::string model_file_names(int model) {
  return guarded([&] { return engine().model_file_names(model); });
}

void add_model_file(int model, const std::string& name, uintptr_t address, double length) {
  guarded([&] { engine().add_model_file(model, name, staging().view(address, length)); });
}

std::string weight_shards(int model) {
  return guarded([&] { return engine().weight_shards(model); });
}

void begin_weights(int model, const std::string& name, double file_bytes) {
  guarded([&] {
    const bool known = file_bytes >= 0 && file_bytes < 9007199254740992.0;
    if (!known) {
      throw Error(ErrorCode::kInvalidArgument,
                  "A weight file has no size of " + std::to_string(file_bytes) + " bytes.");
    }
    engine().begin_weights(model, name, static_cast<uint64_t>(file_bytes));
  });
}

void feed_weights(int model, uintptr_t address, double length) {
  guarded([&] { engine().feed_weights(model, staging().view(address, length)); });
}

void end_weights(int model) {
  guarded([&] { engine().end_weights(model); });
}

double head_bytes(int model) {
  return guarded([&] { return static_cast<double>(engine().head_bytes(model)); });
}

std::string packed_regions(int model) {
  return guarded([&] { return engine().packed_regions(model); });
}

void adopt_packed(int model) {
  guarded([&] { engine().adopt_packed(model); });
}

std::string finish_model(int model) {
  return guarded([&] { return engine().finish_model(model); });
}

double begin_export(int model) {
  return guarded([&] { return static_cast<double>(engine().begin_export(model)); });
}

double read_export(int model, uintptr_t address, double length) {
  return guarded([&] {
    return static_cast<double>(engine().read_export(model, staging().view(address, length)));
  });
}

void delete_model(int model) {
  guarded([&] { engine().delete_model(model); });
}

int start_job(int model, const std::string& request) {
  return guarded([&] { return engine().start_job(model, request); });
}

bool step_job(int job, double seconds) {
  return guarded([&] { return engine().step_job(job, seconds); });
}

std::string job_progress(int job) {
  return guarded([&] { return engine().job_progress(job); });
}

std::string job_result(int job) {
  return guarded([&] { return engine().job_result(job); });
}

std::string job_attachments(int job) {
  return guarded([&] { return engine().job_attachments(job); });
}

void cancel_job(int job) {
  guarded([&] { engine().cancel_job(job); });
}

std::string memory_use() {
  return guarded([&] { return engine().memory_use(emscripten_get_heap_size()); });
}

double probe(const std::string& kind, int size) {
  return guarded([&] { return run_probe(kind, size); });
}

}  // namespace

}  // namespace dragoman

// The names TypeScript knows; their parameters and results are declared in web/src/worker/.
EMSCRIPTEN_BINDINGS(dragoman) {
  using emscripten::function;
  function("version", &dragoman::version);
  function("selfTest", &dragoman::self_test);
  function("selectForm", &dragoman::select_form);
  function("configure", &dragoman::configure);
  function("allocate", &dragoman::allocate);
  function("release", &dragoman::release);
  function("createModel", &dragoman::create_model);
  function("modelFileNames", &dragoman::model_file_names);
  function("addModelFile", &dragoman::add_model_file);
  function("weightShards", &dragoman::weight_shards);
  function("beginWeights", &dragoman::begin_weights);
  function("feedWeights", &dragoman::feed_weights);
  function("endWeights", &dragoman::end_weights);
  function("headBytes", &dragoman::head_bytes);
  function("packedRegions", &dragoman::packed_regions);
  function("adoptPacked", &dragoman::adopt_packed);
  function("finishModel", &dragoman::finish_model);
  function("beginExport", &dragoman::begin_export);
  function("readExport", &dragoman::read_export);
  function("deleteModel", &dragoman::delete_model);
  function("startJob", &dragoman::start_job);
  function("stepJob", &dragoman::step_job);
  function("jobProgress", &dragoman::job_progress);
  function("jobResult", &dragoman::job_result);
  function("jobAttachments", &dragoman::job_attachments);
  function("cancelJob", &dragoman::cancel_job);
  function("memoryUse", &dragoman::memory_use);
  function("probe", &dragoman::probe);
}
