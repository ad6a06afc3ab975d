// What both searches share: their choice, and passes over all rows of a step.
#include "decode/search.hpp"

#include <atomic>

#include "base/error.hpp"
#include "decode/beam_search.hpp"
#include "decode/greedy_search.hpp"
#include "decode/sample_search.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

namespace {

Noise noise_of(const GenerationConfig& config, uint64_t index) {
  if (config.seed) return Noise(static_cast<uint64_t>(*config.seed));
  return Noise(config.entropy).stream(index);
}

}  // namespace

std::unique_ptr<Search> make_search(const SearchSetup& setup, LogitsProcessors& processors,
                                    std::span<const int32_t> prompt,
                                    std::span<const int32_t> source, uint64_t index) {
  const Noise noise = noise_of(setup.config, index);
  if (setup.config.num_beams == 1 && setup.config.do_sample) {
    return std::make_unique<SampleSearch>(setup, processors, prompt, source, noise);
  }
  if (setup.config.num_beams == 1) {
    return std::make_unique<GreedySearch>(setup, processors, prompt, source);
  }
  return std::make_unique<BeamSearch>(setup, processors, prompt, source, noise);
}

// Beam search processes log-probabilities, greedy search logits; renormalize_logits asks for
// another pass at the end. Bans and biases do the same to scores that differ by a constant, so
// without processors that look at a score's size the last pass is enough: most Marian models ask
// for it, and with a large vocabulary a pass is felt.
NormalisingPasses passes_of(const GenerationConfig& config) {
  if (config.num_beams == 1) return {.before = false, .after = true};
  const bool needs_size = config.repetition_penalty != 1.0F ||
                          config.encoder_repetition_penalty != 1.0F ||
                          config.exponential_decay_length_penalty || config.remove_invalid_values;
  return {.before = needs_size || !config.renormalize_logits, .after = config.renormalize_logits};
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
