// What both searches share: their choice, their ends, and passes over all rows of a step.
#include "decode/search.hpp"

#include <algorithm>
#include <atomic>

#include "base/error.hpp"
#include "decode/beam_search.hpp"
#include "decode/line_search.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

namespace {

Noise noise_of(const GenerationConfig& config, uint64_t index) {
  if (config.seed) return Noise(static_cast<uint64_t>(*config.seed));
  return Noise(config.entropy).stream(index);
}

// Parts of one row, each a microsecond of work or two. Their size is fixed, so that a row has the
// same norm on any number of threads.
constexpr int kPartColumns = 2048;
constexpr double kMeasuredPerMicrosecond = 1'000.0;
constexpr double kCheckedPerMicrosecond = 4'000.0;

double size_of(View<const float> rows) {
  return static_cast<double>(rows.rows) * rows.cols;
}

// False when a value is not finite.
bool measure(const Context& context, View<const float> rows, std::span<RowNorm> norms) {
  const ArenaScope scope(context.arena);
  const int parts = (rows.cols + kPartColumns - 1) / kPartColumns;
  const auto count = static_cast<size_t>(rows.rows) * static_cast<size_t>(parts);
  const std::span<RowPart> measured = context.arena.take<RowPart>(count);
  context.pool.run(rows.rows * parts, size_of(rows) / kMeasuredPerMicrosecond, [&](int tile, int) {
    const int first = tile % parts * kPartColumns;
    const int columns = std::min(kPartColumns, rows.cols - first);
    const std::span<const float> row = rows.row_span(tile / parts);
    measured[static_cast<size_t>(tile)] =
        measure_part(row.subspan(static_cast<size_t>(first), static_cast<size_t>(columns)));
  });
  for (size_t row = 0; row < norms.size(); ++row) {
    const auto width = static_cast<size_t>(parts);
    norms[row] = norm_of(measured.subspan(row * width, width));
  }
  return std::all_of(measured.begin(), measured.end(),
                     [](const RowPart& part) { return part.finite; });
}

}  // namespace

std::optional<Ending> SearchSetup::ending(std::span<const int32_t> ids, int32_t token) const {
  const std::vector<int32_t>& ends = config.eos_token_id;
  if (std::find(ends.begin(), ends.end(), token) != ends.end()) return Ending::kToken;
  if (stops != nullptr && stops->completes(ids, token)) return Ending::kString;
  const auto limit = static_cast<size_t>(config.length_limit(prompt_length));
  if (ids.size() + 1 >= limit) return Ending::kLength;
  return std::nullopt;
}

Ending SearchSetup::ending_of(std::span<const int32_t> ids) const {
  if (ids.size() <= static_cast<size_t>(prompt_length)) return Ending::kTime;
  return ending(ids.first(ids.size() - 1), ids.back()).value_or(Ending::kTime);
}

std::unique_ptr<Search> make_search(const SearchSetup& setup, LogitsProcessors& processors,
                                    std::span<const int32_t> prompt,
                                    std::span<const int32_t> source, uint64_t index) {
  const Noise noise = noise_of(setup.config, index);
  if (setup.config.num_beams == 1) {
    return std::make_unique<LineSearch>(setup, processors, prompt, source, noise);
  }
  return std::make_unique<BeamSearch>(setup, processors, prompt, source, noise);
}

// Beam search processes log-probabilities, greedy search logits; renormalize_logits asks for
// another pass at the end. Bans and biases do the same to scores that differ by a constant, so
// without processors that look at a score's size the last pass is enough: most Marian models ask
// for it, and with a large vocabulary a pass is felt.
NormalisingPasses passes_of(const GenerationConfig& config) {
  if (config.num_beams == 1) return {.before = true, .after = false};
  const bool needs_size = config.repetition_penalty != 1.0F ||
                          config.encoder_repetition_penalty != 1.0F ||
                          config.exponential_decay_length_penalty || config.remove_invalid_values;
  return {.before = needs_size || !config.renormalize_logits, .after = config.renormalize_logits};
}

void measure_logits(const Context& context, View<const float> logits, std::span<RowNorm> norms) {
  bool finite = true;
  if (norms.empty()) {
    std::atomic<bool> all = true;
    context.pool.run(logits.rows, size_of(logits) / kCheckedPerMicrosecond, [&](int row, int) {
      if (!all_finite(logits.row_span(row))) all = false;
    });
    finite = all;
  } else {
    finite = measure(context, logits, norms);
  }
  if (!finite) {
    throw Error(ErrorCode::kModelFormat,
                "The model computes logits that are not numbers: its weights are damaged, or too "
                "large for the arithmetic of this dtype.");
  }
}

void measure_scores(const Context& context, View<const float> scores, std::span<RowNorm> norms) {
  measure(context, scores, norms);
}

}  // namespace dragoman
