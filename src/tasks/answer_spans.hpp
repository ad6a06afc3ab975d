// Answers among the tokens of a context, as Python's QuestionAnsweringPipeline chooses them.
#pragma once

#include <span>
#include <vector>

namespace dragoman {

/// An answer from token `first` to token `last`, both included.
struct AnswerSpan {
  int first = 0;
  int last = 0;
  float score = 0.0F;
};

/// The best `count` spans of at most `max_length` tokens, best first; of equal ones the first.
/// Takes time in proportion to tokens times max_length, and memory to count.
/// @param starts, ends  [tokens]: probabilities that the answer begins and ends there
std::vector<AnswerSpan> best_spans(std::span<const float> starts, std::span<const float> ends,
                                   int max_length, size_t count);

}  // namespace dragoman
