// Labels that mark spans: B-X begins one, I-X goes on with it, anything else stands alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tensor/view.hpp"

namespace dragoman {

class BioTags {
 public:
  explicit BioTags(const std::vector<std::string>& labels);
  /// False where no label begins a span.
  bool any_spans() const { return any_spans_; }

  /// The likeliest sequence in which every I-X comes after B-X or I-X; of equal ones the first by
  /// label. Viterbi's algorithm, in time proportional to words times labels.
  /// @param scores  [words, num_labels], logarithms of probabilities
  std::vector<int> best_path(View<const float> scores) const;

  struct Span {
    std::string_view name;
    size_t begin = 0;  // words
    size_t end = 0;
  };
  /// The spans of a sequence, without words of label O.
  /// @param path  as best_path() gives it
  std::vector<Span> spans(const std::vector<int>& path) const;

 private:
  struct Label {
    std::string name;
    bool inside = false;  // I-
    int begin = -1;       // of an I- label its B-
  };
  std::vector<Label> labels_;
  bool any_spans_ = false;
};

}  // namespace dragoman
