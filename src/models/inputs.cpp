// Checks of token ids, with the value at fault in the message.
#include "models/inputs.hpp"

#include <string>

#include "base/error.hpp"

namespace dragoman {

void check_ids(std::span<const int32_t> ids, int count, const char* what) {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= 0 && ids[i] < count) continue;
    throw Error(ErrorCode::kInvalidArgument,
                std::string("The ") + what + " " + std::to_string(ids[i]) + " at position " +
                    std::to_string(i) + " lies outside 0 to " + std::to_string(count - 1) + ".");
  }
}

void check_length(size_t tokens, int limit) {
  if (tokens == 0) {
    throw Error(ErrorCode::kInvalidArgument, "A sequence has no tokens.");
  }
  if (tokens > static_cast<size_t>(limit)) {
    throw Error(ErrorCode::kInputTooLong, "The text has " + std::to_string(tokens) +
                                              " tokens; the model takes at most " +
                                              std::to_string(limit) + ".");
  }
}

}  // namespace dragoman
