// Viterbi's algorithm, made short by what may follow what: only an I- label is particular.
#include "tasks/bio_tags.hpp"

#include <algorithm>
#include <limits>

namespace dragoman {

BioTags::BioTags(const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    const bool inside = label.starts_with("I-");
    const bool begins = label.starts_with("B-");
    any_spans_ = any_spans_ || begins;
    labels_.push_back({inside || begins ? label.substr(2) : label, inside, -1});
  }
  for (Label& label : labels_) {
    const auto begin = std::find(labels.begin(), labels.end(), "B-" + label.name);
    if (label.inside && begin != labels.end()) {
      label.begin = static_cast<int>(begin - labels.begin());
    }
  }
}

std::vector<int> BioTags::best_path(View<const float> scores) const {
  const auto count = static_cast<size_t>(scores.cols);
  if (scores.rows == 0) return {};
  constexpr double kImpossible = -std::numeric_limits<double>::infinity();
  std::vector<double> best(count);  // of the sequences so far that end with a label
  for (size_t label = 0; label < count; ++label) {
    best[label] = labels_[label].inside ? kImpossible : static_cast<double>(scores.row(0)[label]);
  }
  std::vector<std::vector<int>> before(static_cast<size_t>(scores.rows), std::vector<int>(count));
  std::vector<double> next(count);
  for (int word = 1; word < scores.rows; ++word) {
    const auto any = static_cast<int>(std::max_element(best.begin(), best.end()) - best.begin());
    for (size_t label = 0; label < count; ++label) {
      int from = any;
      if (labels_[label].inside) {
        from = static_cast<int>(label);
        const int begin = labels_[label].begin;
        const double begun = begin < 0 ? kImpossible : best[static_cast<size_t>(begin)];
        const double inside = best[label];
        if (begun > inside || (begun == inside && begin >= 0 && begin < from)) from = begin;
      }
      before[static_cast<size_t>(word)][label] = from;
      next[label] = best[static_cast<size_t>(from)] + static_cast<double>(scores.row(word)[label]);
    }
    best.swap(next);
  }
  std::vector<int> path(static_cast<size_t>(scores.rows));
  path.back() = static_cast<int>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t word = path.size() - 1; word > 0; --word) {
    path[word - 1] = before[word][static_cast<size_t>(path[word])];
  }
  return path;
}

std::vector<BioTags::Span> BioTags::spans(const std::vector<int>& path) const {
  std::vector<Span> spans;
  for (size_t word = 0; word < path.size(); ++word) {
    const Label& label = labels_[static_cast<size_t>(path[word])];
    if (label.inside && !spans.empty()) {
      spans.back().end = word + 1;
    } else if (label.name != "O") {
      spans.push_back({label.name, word, word + 1});
    }
  }
  return spans;
}

}  // namespace dragoman
