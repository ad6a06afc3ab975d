// Everything alive at once: models and jobs by handle, and the threads and scratch they share.
//
// This is the whole surface for callers outside C++: numbers, bytes and JSON go in and out. Calls
// come from one thread, one at a time. A call that throws leaves every other model and job as it
// was.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "base/thread_pool.hpp"
#include "tasks/job.hpp"
#include "tasks/model.hpp"

namespace dragoman {

class Engine {
 public:
  Engine();

  /// Makes the pool anew. @param threads  in [1, 64], the caller included
  void configure(int threads);
  ThreadPool& pool() { return *pool_; }

  /// @param spec  JSON {"task", "dtype", "name"}, see read_model_spec()
  /// @returns a handle, never used twice
  int create_model(std::string_view spec);
  /// The methods of Model, by handle. An unknown handle throws invalid-argument, that of a deleted
  /// model disposed.
  std::string model_file_names(int model);
  void add_model_file(int model, std::string_view name, std::span<const uint8_t> bytes);
  std::string weight_shards(int model) const;
  void begin_weights(int model, std::string_view name, uint64_t file_bytes);
  void feed_weights(int model, std::span<const uint8_t> bytes);
  void end_weights(int model);
  uint64_t head_bytes(int model) const;
  /// JSON {"version", "regions": [[address, bytes], …]}: where a stored copy of the weights is
  /// read from and written to.
  std::string packed_regions(int model);
  void adopt_packed(int model);
  std::string finish_model(int model);
  /// Begins to write a model's weights as a safetensors file, and returns its bytes.
  uint64_t begin_export(int model);
  /// The next bytes of that file. @returns how many; 0 at its end, with which the export is over
  size_t read_export(int model, std::span<uint8_t> out);
  /// Deletes a model and its jobs, whose handles throw disposed from then on.
  void delete_model(int model);

  /// @param request  JSON {"inputs", "options"}
  /// @returns a handle, never used twice
  int start_job(int model, std::string_view request);
  /// @param seconds  the time, by any clock that does not stop
  /// @returns true while more remains. After a throw the job is over: further calls throw the same
  /// error until cancel_job().
  bool step_job(int job, double seconds = 0.0);
  /// What changed since the last call, see Job::write_progress().
  std::string job_progress(int job);
  /// Throws invalid-argument before the last step.
  std::string job_result(int job);
  /// JSON [[address, bytes], …]: the arrays that the result names by index. They stay until the
  /// job is cancelled. Throws invalid-argument before job_result().
  std::string job_attachments(int job) const;
  /// Ends a job, finished or not, and frees what it holds.
  void cancel_job(int job);

  /// JSON {"packed_bytes", "arena_bytes", "cache_bytes", "heap_bytes"}.
  /// @param heap_bytes  size of the whole memory, as the platform knows it
  std::string memory_use(uint64_t heap_bytes) const;

 private:
  struct RunningJob {
    std::unique_ptr<Job> job;
    int model = 0;
    bool done = false;
    std::optional<Error> failure;
    std::optional<Attachments> attachments;  // of the result, once that was asked for
  };
  const Model& model_at(int handle) const;
  Model& model_at(int handle);
  const RunningJob& job_at(int handle) const;
  RunningJob& job_at(int handle);

  std::unique_ptr<ThreadPool> pool_;
  Arena arena_;
  std::map<int, Model> models_;
  std::map<int, SafetensorsWriter> exports_;  // by model, whose slots they read
  std::map<int, RunningJob> jobs_;            // after models_: jobs refer to them and go first
  int next_model_ = 1;
  int next_job_ = 1;
};

}  // namespace dragoman
