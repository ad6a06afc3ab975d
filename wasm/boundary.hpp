// The border between C++ and JavaScript: every exported function runs inside guarded(), which
// turns whatever is thrown into a JavaScript Error with a `code`.
#pragma once

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "base/error.hpp"

namespace dragoman {

/// Throws a JavaScript Error. Destructors of the frames it passes run: exceptions of both
/// languages unwind alike.
extern "C" void dragoman_throw(const char* code, const char* message);

/// What a caught exception becomes.
struct Failure {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

/// Runs `body` and returns its result; on an exception sets `failure` and returns a default.
/// Kept apart from guarded() so that no C++ exception is still being handled when JavaScript's is
/// thrown.
template <typename Body>
auto run_catching(const Body& body, Failure& failure, bool& failed) -> decltype(body()) {
  failed = true;
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      failed = false;
      return;
    } else {
      auto result = body();
      failed = false;
      return result;
    }
  } catch (const Error& error) {
    failure = {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    failure = {ErrorCode::kOutOfMemory, "Memory ran out."};
  } catch (const std::length_error&) {
    failure = {ErrorCode::kOutOfMemory, "The request needs more memory than can be addressed."};
  } catch (const std::exception& error) {
    failure.message = std::string("Unexpected: ") + error.what();
  }
  if constexpr (!std::is_void_v<decltype(body())>) return {};
}

template <typename Body>
auto guarded(const Body& body) -> decltype(body()) {
  Failure failure;
  bool failed = false;
  if constexpr (std::is_void_v<decltype(body())>) {
    run_catching(body, failure, failed);
    if (failed) dragoman_throw(error_code_name(failure.code).data(), failure.message.c_str());
  } else {
    auto result = run_catching(body, failure, failed);
    if (failed) dragoman_throw(error_code_name(failure.code).data(), failure.message.c_str());
    return result;
  }
}

}  // namespace dragoman
