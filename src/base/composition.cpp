// Canonical composition: the decompositions read backwards.
#include <algorithm>
#include <iterator>
#include <vector>

#include "base/unicode.hpp"
#include "base/unicode_tables.hpp"

namespace dragoman {

namespace {

using namespace unicode_tables;

struct Pair {
  uint64_t key;  // both characters
  char32_t composed;
};

uint64_t key_of(char32_t first, char32_t second) {
  return uint64_t{first} << 32 | second;
}

char32_t find(const std::vector<Pair>& pairs, char32_t first, char32_t second) {
  const uint64_t key = key_of(first, second);
  const auto found = std::lower_bound(pairs.begin(), pairs.end(), key,
                                      [](const Pair& pair, uint64_t x) { return pair.key < x; });
  return found == pairs.end() || found->key != key ? 0 : found->composed;
}

// The characters with a canonical decomposition of `length` that text is composed to.
void add_pairs(std::vector<Pair>& pairs, size_t length) {
  std::vector<Pair> more;
  std::u32string parts;
  for (const DecompositionRun& run : kDecompositionRuns) {
    const bool last = &run == std::end(kDecompositionRuns) - 1;
    const size_t end = last ? std::size(kDecompositionLengths) : (&run + 1)->row;
    for (size_t row = run.row; row < end; ++row) {
      const char32_t c = run.start + static_cast<char32_t>(row - run.row);
      parts.clear();
      append_decomposition(parts, c);
      if (parts.size() != length ||
          std::binary_search(std::begin(kNeverComposed), std::end(kNeverComposed), uint32_t{c})) {
        continue;
      }
      // Rows are decomposed fully; the first of the two parts is all but the last.
      char32_t first = parts[0];
      for (size_t i = 1; i + 1 < length && first != 0; ++i) first = find(pairs, first, parts[i]);
      if (first != 0) more.push_back({key_of(first, parts.back()), c});
    }
  }
  pairs.insert(pairs.end(), more.begin(), more.end());
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.key < b.key; });
}

std::vector<Pair> all_pairs() {
  std::vector<Pair> pairs;
  for (size_t length = 2; length <= 4; ++length) add_pairs(pairs, length);
  return pairs;
}

}  // namespace

char32_t composed(char32_t first, char32_t second) {
  // Hangul is composed by arithmetic (Unicode standard, section 3.12).
  if (first - 0x1100 < 19 && second - 0x1161 < 21) {
    return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28;
  }
  if (first - 0xAC00 < 11172 && (first - 0xAC00) % 28 == 0 && second - 0x11A8 < 27) {
    return first + (second - 0x11A7);
  }
  if (is_stable(second, false)) return 0;
  static const std::vector<Pair> pairs = all_pairs();
  return find(pairs, first, second);
}

}  // namespace dragoman
