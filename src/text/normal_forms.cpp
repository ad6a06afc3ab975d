// Decomposing, ordering of marks, composing.
#include "text/normal_forms.hpp"

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"

namespace dragoman {

namespace {

// Sorts the marks from `begin` on, none of which is a starter, by combining class. Marks of one
// class keep their order.
void order_marks(TextEdit& edit, size_t begin) {
  const size_t count = edit.chars.size() - begin;
  if (count < 2) return;
  std::vector<std::pair<char32_t, int32_t>> run;
  for (size_t i = begin; i < edit.chars.size(); ++i) {
    run.emplace_back(edit.chars[i], edit.changes[i]);
  }
  std::stable_sort(run.begin(), run.end(), [](const auto& a, const auto& b) {
    return combining_class(a.first) < combining_class(b.first);
  });
  for (size_t i = 0; i < count; ++i) {
    edit.chars[begin + i] = run[i].first;
    edit.changes[begin + i] = run[i].second;
  }
}

// Spans go by position after the marks are sorted, as in the reference.
TextEdit decomposed(const NormalizedText& text, bool compatible) {
  TextEdit edit;
  edit.reserve(text.size());
  std::u32string parts;
  size_t run = 0;  // where the current run of marks begins
  for (const char32_t c : text.chars) {
    parts.clear();
    compatible ? append_compatible(parts, c) : append_decomposition(parts, c);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (combining_class(parts[i]) == 0) {
        order_marks(edit, run);
        run = edit.chars.size() + 1;
      }
      edit.push(parts[i], i == 0 ? 0 : 1);
    }
  }
  order_marks(edit, run);
  return edit;
}

// Joins starters with what follows, in place. What is joined takes one more character of the text.
void join(TextEdit& edit) {
  size_t kept = 0;
  size_t starter = edit.chars.size();  // index of the last starter kept; none yet
  int last_class = -1;                 // of the marks kept after it; -1 when there is none
  for (size_t i = 0; i < edit.chars.size(); ++i) {
    const char32_t c = edit.chars[i];
    const int32_t change = edit.changes[i];
    const int own_class = combining_class(c);
    const bool reachable = starter < kept && (last_class < 0 || last_class < own_class);
    const char32_t joined = reachable ? composed(edit.chars[starter], c) : 0;
    if (joined != 0) {
      edit.chars[starter] = joined;
      edit.changes[starter] += change - 1;
      continue;
    }
    if (own_class == 0) {
      starter = kept;
      last_class = -1;
    } else if (starter < kept) {
      last_class = own_class;
    }
    edit.chars[kept] = c;
    edit.changes[kept++] = change;
  }
  edit.chars.resize(kept);
  edit.changes.resize(kept);
}

bool all_below(const NormalizedText& text, char32_t limit) {
  return std::all_of(text.chars.begin(), text.chars.end(),
                     [limit](char32_t c) { return c < limit; });
}

}  // namespace

void decompose(NormalizedText& text, bool compatible) {
  if (all_below(text, compatible ? 0xA0 : 0xC0)) return;
  text.apply(decomposed(text, compatible));
}

void compose(NormalizedText& text, bool compatible) {
  if (std::all_of(text.chars.begin(), text.chars.end(),
                  [compatible](char32_t c) { return c < 0x80 || is_stable(c, compatible); })) {
    return;
  }
  TextEdit edit = decomposed(text, compatible);
  join(edit);
  text.apply(edit);
}

}  // namespace dragoman
