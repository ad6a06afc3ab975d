// A search through what was said so far; it is short beside a step of any model.
#include "decode/prompt_lookup.hpp"

#include <algorithm>

namespace dragoman {

namespace {

constexpr int kDefaultMatch = 2;

// What follows the first `tail` of `text` that is followed by anything.
std::span<const int32_t> after_match(std::span<const int32_t> text, std::span<const int32_t> tail) {
  if (text.size() <= tail.size()) return {};
  // The last place has nothing after it.
  const auto end = text.end() - 1;
  const auto found = std::search(text.begin(), end, tail.begin(), tail.end());
  if (found == end) return {};
  return text.subspan(static_cast<size_t>(found - text.begin()) + tail.size());
}

}  // namespace

PromptLookup::PromptLookup(const GenerationConfig& config, int vocab_size)
    : tokens_(static_cast<size_t>(config.prompt_lookup_num_tokens.value_or(0))),
      longest_match_(static_cast<size_t>(config.max_matching_ngram_size.value_or(kDefaultMatch))),
      vocab_size_(vocab_size),
      ends_(config.eos_token_id) {}

// Nothing is gained by guessing an end, and what comes after it in a text is of another output.
size_t PromptLookup::plausible(std::span<const int32_t> tokens) const {
  const auto stop = std::find_if(tokens.begin(), tokens.end(), [&](int32_t token) {
    return token >= vocab_size_ || std::find(ends_.begin(), ends_.end(), token) != ends_.end();
  });
  return static_cast<size_t>(stop - tokens.begin());
}

std::span<const int32_t> PromptLookup::guess(std::span<const int32_t> ids,
                                             std::span<const int32_t> source, size_t limit) const {
  const size_t most = std::min(tokens_, limit);
  if (most == 0) return {};
  for (size_t n = std::min(longest_match_, ids.size() - 1); n > 0; --n) {
    for (const std::span<const int32_t> text : {ids, source}) {
      std::span<const int32_t> found = after_match(text, ids.last(n));
      found = found.first(std::min(found.size(), most));
      found = found.first(plausible(found));
      if (!found.empty()) return found;
    }
  }
  return {};
}

}  // namespace dragoman
