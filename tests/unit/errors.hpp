// What code under test throws, as text to compare.
#pragma once

#include <string>

#include "base/error.hpp"

namespace dragoman::test {

/// Runs `body` and returns what it throws as "code: message", or "" when it throws nothing.
template <typename Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "";
}

}  // namespace dragoman::test
