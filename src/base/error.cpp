// Published names of the error codes.
#include "base/error.hpp"

namespace dragoman {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
#define DRAGOMAN_CASE(name, text, meaning, remedy) \
  case ErrorCode::k##name:                         \
    return text;
    DRAGOMAN_ERROR_CODES(DRAGOMAN_CASE)
#undef DRAGOMAN_CASE
  }
  return "internal";
}

}  // namespace dragoman
