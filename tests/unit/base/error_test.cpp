// The published names of errors.
#include "base/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

namespace dragoman {

TEST_CASE("Every code has one name of lower-case words", "[base][error]") {
  std::set<std::string_view> names;
#define DRAGOMAN_CHECK_NAME(name, text, meaning, remedy)                           \
  CHECK(error_code_name(ErrorCode::k##name) == text);                              \
  CHECK(names.insert(text).second);                                                \
  CHECK(std::string_view(text).find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == \
        std::string_view::npos);                                                   \
  CHECK(std::string_view(meaning).ends_with('.'));                                 \
  CHECK(std::string_view(remedy).ends_with('.'));
  DRAGOMAN_ERROR_CODES(DRAGOMAN_CHECK_NAME)
#undef DRAGOMAN_CHECK_NAME
  CHECK(names.size() == 15);
}

TEST_CASE("An error carries its code and its sentence", "[base][error]") {
  const Error error(ErrorCode::kModelFormat, "It is broken.");
  CHECK(error.code() == ErrorCode::kModelFormat);
  CHECK(std::string(error.what()) == "It is broken.");
}

}  // namespace dragoman
