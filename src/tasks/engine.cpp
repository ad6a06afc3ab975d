// Handles, and JSON at the edge.
#include "tasks/engine.hpp"

#include <new>
#include <utility>

#include "kernels/packing.hpp"

namespace dragoman {

namespace {

// Far above what tiles of these sizes can use; it catches nonsense before threads are started.
constexpr int kMaxThreads = 64;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

// [[address, bytes], …]
template <typename Spans>
void write_places(JsonWriter& writer, const Spans& spans) {
  writer.begin_array();
  for (const std::span<const uint8_t> bytes : spans) {
    writer.begin_array();
    writer.integer(static_cast<long long>(reinterpret_cast<uintptr_t>(bytes.data())));
    writer.integer(static_cast<long long>(bytes.size()));
    writer.end_array();
  }
  writer.end_array();
}

// Finds an entry, or says whether the handle is old or never was.
template <typename Entries>
auto& entry_at(Entries& entries, int handle, int next, const char* what) {
  const auto found = entries.find(handle);
  if (found != entries.end()) return found->second;
  const std::string named = std::string("The ") + what + " " + std::to_string(handle);
  if (handle < 1 || handle >= next) refuse(named + " does not exist.");
  throw Error(ErrorCode::kDisposed, named + " is no longer there; it was disposed of.");
}

}  // namespace

Engine::Engine() : pool_(std::make_unique<ThreadPool>(1)) {}

void Engine::configure(int threads) {
  if (threads < 1 || threads > kMaxThreads) {
    refuse("threads is " + std::to_string(threads) + "; a whole number from 1 to " +
           std::to_string(kMaxThreads) + " is expected.");
  }
  pool_ = std::make_unique<ThreadPool>(threads);
}

const Model& Engine::model_at(int handle) const {
  return entry_at(models_, handle, next_model_, "model");
}
Model& Engine::model_at(int handle) {
  return entry_at(models_, handle, next_model_, "model");
}
const Engine::RunningJob& Engine::job_at(int handle) const {
  return entry_at(jobs_, handle, next_job_, "job");
}
Engine::RunningJob& Engine::job_at(int handle) {
  return entry_at(jobs_, handle, next_job_, "job");
}

int Engine::create_model(std::string_view spec) {
  const JsonDocument document(spec, "The model's description", ErrorCode::kInvalidArgument);
  // The handle is used up only when nothing threw.
  models_.emplace(next_model_, Model(read_model_spec(document.root())));
  return next_model_++;
}

std::string Engine::model_file_names(int model) {
  JsonWriter writer;
  model_at(model).write_file_names(writer);
  return writer.text();
}

void Engine::add_model_file(int model, std::string_view name, std::span<const uint8_t> bytes) {
  model_at(model).add_file(name, bytes);
}

std::string Engine::weight_shards(int model) const {
  JsonWriter writer;
  model_at(model).write_weight_shards(writer);
  return writer.text();
}

void Engine::begin_weights(int model, std::string_view name, uint64_t file_bytes) {
  model_at(model).begin_weights(name, file_bytes);
}

void Engine::feed_weights(int model, std::span<const uint8_t> bytes) {
  model_at(model).feed_weights(bytes);
}

void Engine::end_weights(int model) {
  model_at(model).end_weights();
}

uint64_t Engine::head_bytes(int model) const {
  return model_at(model).head_bytes();
}

std::string Engine::packed_regions(int model) {
  JsonWriter writer;
  writer.begin_object();
  writer.key("version");
  writer.integer(kPackVersion);
  writer.key("regions");
  write_places(writer, model_at(model).packed_regions());
  writer.end_object();
  return writer.text();
}

void Engine::adopt_packed(int model) {
  model_at(model).adopt_packed();
}

std::string Engine::finish_model(int model) {
  Model& finished = model_at(model);
  finished.finish();
  JsonWriter writer;
  finished.write_info(writer);
  return writer.text();
}

uint64_t Engine::begin_export(int model) {
  const auto [place, is_new] = exports_.insert_or_assign(model, model_at(model).export_weights());
  return place->second.size();
}

size_t Engine::read_export(int model, std::span<uint8_t> out) {
  model_at(model);
  const auto found = exports_.find(model);
  if (found == exports_.end()) refuse("An export was read before it began.");
  const size_t count = found->second.read(out);
  if (count == 0) exports_.erase(found);
  return count;
}

void Engine::delete_model(int model) {
  model_at(model);
  exports_.erase(model);
  // Jobs first: they refer to the model's weights and tokenizer.
  std::erase_if(jobs_, [&](const auto& entry) { return entry.second.model == model; });
  models_.erase(model);
  // With the last model goes the scratch that was as large as its largest batch.
  if (models_.empty()) {
    arena_.reset();
    arena_.shrink();
  }
}

int Engine::start_job(int model, std::string_view request) {
  const Model& started = model_at(model);
  // Jobs copy what they need: the document ends with this call.
  const JsonDocument document(request, "The request", ErrorCode::kInvalidArgument);
  RunningJob entry;
  entry.job = started.start(document.root());
  entry.model = model;
  jobs_.emplace(next_job_, std::move(entry));
  return next_job_++;
}

bool Engine::step_job(int job, double seconds) {
  RunningJob& running = job_at(job);
  if (running.failure) throw *running.failure;
  if (running.done) return false;
  // Nothing in the arena outlives a step, so all jobs share one, kept at the size of the largest.
  arena_.reset();
  const ThreadPool::Step pool_step(*pool_);
  // Unless the step comes to its end, the job is over.
  running.failure.emplace(ErrorCode::kInternal, "The job ended in an error before.");
  try {
    running.job->tell_time(seconds);
    running.done = !running.job->step(Context{*pool_, arena_});
  } catch (const Error& error) {
    running.failure = error;
    throw;
  } catch (const std::bad_alloc&) {
    running.failure.emplace(ErrorCode::kOutOfMemory, "Memory ran out within the request.");
    throw *running.failure;
  }
  running.failure.reset();
  return !running.done;
}

std::string Engine::job_progress(int job) {
  JsonWriter writer;
  job_at(job).job->write_progress(writer);
  return writer.text();
}

std::string Engine::job_result(int job) {
  RunningJob& running = job_at(job);
  if (running.failure) throw *running.failure;
  if (!running.done) refuse("The job " + std::to_string(job) + " is not finished.");
  JsonWriter writer;
  running.job->write_result(writer, running.attachments.emplace());
  return writer.text();
}

std::string Engine::job_attachments(int job) const {
  const RunningJob& running = job_at(job);
  if (!running.attachments) refuse("The job " + std::to_string(job) + " gave no result yet.");
  JsonWriter writer;
  write_places(writer, running.attachments->arrays());
  return writer.text();
}

void Engine::cancel_job(int job) {
  job_at(job);
  jobs_.erase(job);
}

std::string Engine::memory_use(uint64_t heap_bytes) const {
  size_t packed = 0;
  // Computed on demand: a counter kept beside the owners could drift from them.
  size_t caches = 0;
  for (const auto& [handle, model] : models_) {
    packed += model.packed_bytes();
    caches += model.cache_bytes();
  }
  for (const auto& [handle, running] : jobs_) caches += running.job->cache_bytes();
  JsonWriter writer;
  writer.begin_object();
  writer.key("packed_bytes");
  writer.integer(static_cast<long long>(packed));
  writer.key("arena_bytes");
  writer.integer(static_cast<long long>(arena_.bytes_reserved()));
  writer.key("cache_bytes");
  writer.integer(static_cast<long long>(caches));
  writer.key("heap_bytes");
  writer.integer(static_cast<long long>(heap_bytes));
  writer.end_object();
  return writer.text();
}

}  // namespace dragoman
