// Checks of token ids before they index anything.
#pragma once

#include <cstdint>
#include <span>

namespace dragoman {

/// Throws invalid-argument unless every id lies in [0, count).
/// @param what  names the ids in the message, such as "token id"
void check_ids(std::span<const int32_t> ids, int count, const char* what);

/// Throws invalid-argument for an empty sequence, input-too-long for more than `limit` tokens.
void check_length(size_t tokens, int limit);

}  // namespace dragoman
