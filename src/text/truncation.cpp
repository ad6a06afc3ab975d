// Truncation as in `tokenizers` and `transformers`, but never past an impossible request: where
// those log or keep the text as it is, this throws.
#include "text/truncation.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace dragoman {

namespace {

template <typename T>
void keep(std::vector<T>& values, size_t begin, size_t end) {
  if (values.empty()) return;  // not every tokenizer has every array
  values.resize(end);
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(begin));
}

Encoding part_of(Encoding encoding, size_t begin, size_t end) {
  keep(encoding.ids, begin, end);
  keep(encoding.type_ids, begin, end);
  keep(encoding.starts, begin, end);
  keep(encoding.ends, begin, end);
  keep(encoding.special, begin, end);
  keep(encoding.words, begin, end);
  keep(encoding.texts, begin, end);
  keep(encoding.white, begin, end);
  encoding.truncated = true;
  return encoding;
}

// Keeps `count` tokens; does nothing when there are no more. The others become windows of as many,
// each of which begins `stride` tokens before the end of the last, or from the other end.
void shorten(Encoding& encoding, size_t count, TruncationSide side, const EncodeOptions& options) {
  const size_t size = encoding.ids.size();
  if (count >= size) return;
  const auto stride = static_cast<size_t>(std::max(options.stride, 0));
  if (count > 0 && stride >= count) {
    throw Error(ErrorCode::kInvalidArgument, "stride is " + std::to_string(stride) + ", but only " +
                                                 std::to_string(count) +
                                                 " tokens of the text fit into max_length.");
  }
  const bool left = side == TruncationSide::kLeft;
  const Encoding whole = std::move(encoding);
  encoding = part_of(whole, left ? size - count : 0, left ? size : count);
  if (!options.overflow) return;
  if (count == 0) {
    encoding.overflow.push_back(whole);
    return;
  }
  const size_t step = count - stride;
  for (size_t done = count, from = step; done < size; from += step) {
    done = std::min(from + count, size);
    encoding.overflow.push_back(left ? part_of(whole, size - done, size - from)
                                     : part_of(whole, from, done));
  }
}

// Lengths of two texts that together have `limit` tokens, taking from the longer one first.
std::pair<size_t, size_t> longest_first(size_t first, size_t second, size_t limit, OddToken odd) {
  const size_t small = limit / 2;
  const size_t large = limit - small;
  if (std::min(first, second) <= small) {  // only the longer one is too long
    if (first <= second) return {first, limit - first};
    return {limit - second, second};
  }
  if (odd == OddToken::kToFirst || first > second) return {large, small};
  return {small, large};
}

[[noreturn]] void too_short(const char* which, size_t has, size_t must_lose) {
  throw Error(ErrorCode::kInvalidArgument, std::string("Truncation of the ") + which +
                                               " text alone cannot reach max_length: it has " +
                                               std::to_string(has) + " tokens and would lose " +
                                               std::to_string(must_lose) + ".");
}

}  // namespace

void truncate(Encoding& first, Encoding* second, int added, const EncodeOptions& options,
              const TruncationRules& rules) {
  if (options.max_length < 0) {
    throw Error(ErrorCode::kInvalidArgument, "max_length is " + std::to_string(options.max_length) +
                                                 "; it must not be negative.");
  }
  if (options.truncation == Truncation::kNone || options.max_length == 0) return;
  if (options.max_length < added) {
    throw Error(ErrorCode::kInvalidArgument, "max_length is " + std::to_string(options.max_length) +
                                                 ", but " + std::to_string(added) +
                                                 " special tokens must fit into it.");
  }
  const auto limit = static_cast<size_t>(options.max_length - added);
  const size_t total = first.ids.size() + (second == nullptr ? 0 : second->ids.size());
  if (total <= limit) return;
  const size_t excess = total - limit;
  if (limit == 0 && rules.odd == OddToken::kToLonger) {  // `tokenizers` then empties both
    shorten(first, 0, rules.side, options);
    if (second != nullptr) shorten(*second, 0, rules.side, options);
  } else if (options.truncation == Truncation::kOnlySecond) {
    if (second == nullptr) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Truncation of the second text was asked for, but there is only one.");
    }
    if (second->ids.size() <= excess) too_short("second", second->ids.size(), excess);
    shorten(*second, second->ids.size() - excess, rules.side, options);
  } else if (options.truncation == Truncation::kOnlyFirst) {
    if (first.ids.size() <= excess) too_short("first", first.ids.size(), excess);
    shorten(first, first.ids.size() - excess, rules.side, options);
  } else if (second == nullptr) {
    shorten(first, limit, rules.side, options);
  } else {
    const auto [a, b] = longest_first(first.ids.size(), second->ids.size(), limit, rules.odd);
    shorten(first, a, rules.side, options);
    shorten(*second, b, rules.side, options);
  }
}

}  // namespace dragoman
