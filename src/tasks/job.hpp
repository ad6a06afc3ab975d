// A request on its way through a model, in bounded steps.
#pragma once

#include <cstddef>

#include "base/context.hpp"
#include "base/json_writer.hpp"
#include "tasks/attachments.hpp"

namespace dragoman {

class Job {
 public:
  virtual ~Job() = default;
  /// Does a bounded piece of work. @returns true while more remains. When it throws, the job is
  /// over and other jobs are not affected.
  virtual bool step(const Context& context) = 0;
  /// The time at which the next step begins, in seconds of any clock: the core has none.
  virtual void tell_time(double) {}
  virtual size_t texts() const = 0;
  virtual size_t finished_texts() const = 0;
  /// Writes {"finished", "total"} and, where the request asked for it, "partial": what changed
  /// since the last call, as the task describes it.
  virtual void write_progress(JsonWriter& writer) = 0;
  /// Writes an array parallel to the inputs, or what else the task describes. Arrays of numbers
  /// are attached; they belong to the job. Valid once step() returned false.
  virtual void write_result(JsonWriter& writer, Attachments& attachments) const = 0;
  /// Bytes of caches that the job holds.
  virtual size_t cache_bytes() const = 0;
};

}  // namespace dragoman
