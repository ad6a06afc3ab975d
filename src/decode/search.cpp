// What both searches share: their choice, and passes over all rows of a step.
#include "decode/search.hpp"

#include <atomic>

#include "base/error.hpp"
#include "decode/beam_search.hpp"
#include "decode/greedy_search.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

std::unique_ptr<Search> make_search(const SearchSetup& setup, LogitsProcessors& processors,
                                    std::span<const int32_t> prompt,
                                    std::span<const int32_t> source) {
  if (setup.config.num_beams == 1) {
    return std::make_unique<GreedySearch>(setup, processors, prompt, source);
  }
  return std::make_unique<BeamSearch>(setup, processors, prompt, source);
}

void check_logits(const Context& context, View<const float> logits) {
  std::atomic<bool> finite = true;
  context.pool.run(logits.rows, [&](int row, int) {
    if (!all_finite(logits.row_span(row))) finite = false;
  });
  if (!finite) {
    throw Error(ErrorCode::kModelFormat,
                "The model computes logits that are not numbers: its weights are damaged, or too "
                "large for the arithmetic of this dtype.");
  }
}

void normalise_rows(const Context& context, View<float> rows) {
  context.pool.run(rows.rows, [&](int row, int) { log_softmax(rows.row_span(row)); });
}

}  // namespace dragoman
