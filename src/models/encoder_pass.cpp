// The steps of a pass. The order of additions is the reference's.
#include "models/encoder_pass.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "kernels/rows.hpp"
#include "models/inputs.hpp"
#include "models/layers.hpp"

namespace dragoman {

namespace {

View<float> view_of(std::vector<float>& storage, int rows, int cols) {
  storage.resize(static_cast<size_t>(rows) * static_cast<size_t>(cols));
  return {storage.data(), rows, cols};
}

View<float> take(const Context& context, int rows, int cols) {
  const auto count = static_cast<size_t>(rows) * static_cast<size_t>(cols);
  return {context.arena.take<float>(count).data(), rows, cols};
}

}  // namespace

TransformerPass::TransformerPass(const EncoderParts& parts, std::span<const EncoderInput> inputs,
                                 PassOptions options)
    : parts_(parts), options_(options) {
  for (const EncoderInput& input : inputs) add_input(input);
  hidden_ = view_of(hidden_storage_, tokens(), parts.config.hidden_size);
  const EncoderHead& head = parts.head;
  if (!head.output) return;
  const bool chosen = head.kind == Head::kSequence || head.kind == Head::kMaskedLm;
  const int rows = chosen ? static_cast<int>(rows_.size()) : tokens();
  logits_ = view_of(logits_storage_, rows, head.output->outputs());
}

void TransformerPass::add_input(const EncoderInput& input) {
  const TransformerConfig& config = parts_.config;
  check_length(input.ids.size(), config.max_positions);
  check_ids(input.ids, config.vocab_size, "token id");
  const bool typed = config.type_vocab_size > 0;
  if (typed) check_ids(input.type_ids, config.type_vocab_size, "token type id");
  if (!input.type_ids.empty() && input.type_ids.size() != input.ids.size()) {
    throw Error(ErrorCode::kInvalidArgument, std::to_string(input.type_ids.size()) +
                                                 " token type ids were given for " +
                                                 std::to_string(input.ids.size()) + " tokens.");
  }
  const int first = tokens();
  ids_.insert(ids_.end(), input.ids.begin(), input.ids.end());
  if (typed) types_.insert(types_.end(), input.type_ids.begin(), input.type_ids.end());
  types_.resize(ids_.size(), 0);  // no types given: all of the first kind
  offsets_.push_back(static_cast<int>(ids_.size()));
  if (parts_.head.kind == Head::kSequence) rows_.push_back(first);
  if (parts_.head.kind != Head::kMaskedLm) return;
  check_ids(input.rows, static_cast<int>(input.ids.size()), "wanted row");
  for (const int32_t row : input.rows) rows_.push_back(first + row);
  for (int row = first; input.rows.empty() && row < tokens(); ++row) rows_.push_back(row);
}

bool TransformerPass::step(const Context& context) {
  const int layers = parts_.config.run_layers();
  if (next_layer_ == layers) return false;
  if (next_layer_ == 0) {
    embed(context);
    plan_.emplace(context, parts_, longest());
  }
  run_next_layer(context);
  ++next_layer_;
  if (next_layer_ < layers) return true;
  if (parts_.final_norm) parts_.final_norm->forward(context, hidden_, hidden_);
  run_head(context);
  return false;
}

int TransformerPass::longest() const {
  int most = 1;  // also of no sequence at all
  for (size_t i = 1; i < offsets_.size(); ++i) most = std::max(most, offsets_[i] - offsets_[i - 1]);
  return most;
}

void TransformerPass::embed(const Context& context) {
  const ArenaScope scope(context.arena);
  const EmbeddingProjection place = parts_.config.embedding_projection;
  const bool projected = place != EmbeddingProjection::kNone;
  const View<float> sum =
      projected ? take(context, hidden_.rows, parts_.config.embedding_width()) : hidden_;
  sum_embeddings(sum);
  if (place == EmbeddingProjection::kAfterNorm) parts_.embedding_norm.forward(context, sum, sum);
  if (projected) parts_.projection->forward(context, sum, {}, hidden_);
  if (place != EmbeddingProjection::kAfterNorm) {
    parts_.embedding_norm.forward(context, hidden_, hidden_);
  }
  keep_hidden();
}

// Words, then types, then positions.
void TransformerPass::sum_embeddings(View<float> out) const {
  const TransformerConfig& config = parts_.config;
  const TokenTable words = parts_.word_table();
  std::vector<float> other(static_cast<size_t>(out.cols));
  for (size_t sequence = 0; sequence + 1 < offsets_.size(); ++sequence) {
    int position = config.first_position;
    for (int row = offsets_[sequence]; row < offsets_[sequence + 1]; ++row) {
      const int32_t id = ids_[static_cast<size_t>(row)];
      const std::span<float> sum = out.row_span(row);
      words.row(id, sum);
      if (parts_.types) {
        parts_.types->row(types_[static_cast<size_t>(row)], other);
        add(other, sum);
      }
      if (!parts_.positions) continue;
      const bool skipped = id == config.skipped_token;
      parts_.positions->row(skipped ? config.first_position - 1 : position++, other);
      add(other, sum);
    }
  }
}

void TransformerPass::run_next_layer(const Context& context) {
  const ArenaScope scope(context.arena);
  const std::vector<View<float>> probabilities = keep_attentions();
  AttentionInput input{.offsets = offsets_, .probabilities = probabilities};
  plan_->describe(next_layer_, input);
  const bool convolved = parts_.convolution && next_layer_ == 0;
  View<float> embedded;
  if (convolved) {
    embedded = take(context, hidden_.rows, hidden_.cols);
    std::copy(hidden_storage_.begin(), hidden_storage_.end(), embedded.data);
  }
  run_layer(context, parts_.layer_at(next_layer_), parts_.config.norm_place, input, hidden_);
  if (convolved) convolve(context, embedded);
  // Layers that follow one another in a group count as one, as in Python.
  if ((next_layer_ + 1) % parts_.config.inner_layers == 0) keep_hidden();
}

// hidden = norm(hidden + activation(kernel * embedded)). Beyond its ends a sequence is zero.
void TransformerPass::convolve(const Context& context, View<const float> embedded) {
  constexpr int kBlockRows = 128;  // the neighbours of so many rows are laid out at once
  const ArenaScope scope(context.arena);
  const Convolution& convolution = *parts_.convolution;
  const int width = convolution.width;
  const View<float> inputs =
      take(context, std::min(kBlockRows, hidden_.rows), width * hidden_.cols);
  for (size_t sequence = 0; sequence + 1 < offsets_.size(); ++sequence) {
    const int end = offsets_[sequence + 1];
    for (int first = offsets_[sequence]; first < end; first += kBlockRows) {
      const int rows = std::min(kBlockRows, end - first);
      for (int row = 0; row < rows; ++row) {
        for (int tap = 0; tap < width; ++tap) {
          const int from = first + row + tap - width / 2;
          const bool inside = from >= offsets_[sequence] && from < end;
          float* to = inputs.row(row) + tap;
          for (int i = 0; i < hidden_.cols; ++i) to[i * width] = inside ? embedded.row(from)[i] : 0;
        }
      }
      const View<float> target = hidden_.block(first, rows);
      convolution.kernel.forward(context, inputs.block(0, rows),
                                 {.activation = convolution.activation, .residual = target},
                                 target);
    }
  }
  convolution.norm.forward(context, hidden_, hidden_);
}

void TransformerPass::keep_hidden() {
  if (options_.hidden_states) kept_hidden_.push_back(hidden_storage_);
}

std::vector<View<float>> TransformerPass::keep_attentions() {
  std::vector<View<float>> views;
  if (!options_.attentions) return views;
  const auto heads = static_cast<size_t>(parts_.config.encoder.heads);
  size_t total = 0;
  for (size_t i = 0; i + 1 < offsets_.size(); ++i) {
    const auto length = static_cast<size_t>(offsets_[i + 1] - offsets_[i]);
    total += heads * length * length;
  }
  float* at = kept_attentions_.emplace_back(total).data();
  for (size_t i = 0; i + 1 < offsets_.size(); ++i) {
    const int length = offsets_[i + 1] - offsets_[i];
    const View<float> view(at, parts_.config.encoder.heads * length, length);
    at += static_cast<size_t>(view.rows) * static_cast<size_t>(length);
    views.push_back(view);
  }
  return views;
}

View<const float> TransformerPass::attentions(int sequence, int layer) const {
  const float* at = kept_attentions_.at(static_cast<size_t>(layer)).data();
  const int heads = parts_.config.encoder.heads;
  for (int i = 0;; ++i) {
    const int length = offsets_[static_cast<size_t>(i) + 1] - offsets_[static_cast<size_t>(i)];
    if (i == sequence) return {at, heads * length, length};
    at += static_cast<ptrdiff_t>(heads) * length * length;
  }
}

View<const float> TransformerPass::hidden_states(int layer) const {
  return {kept_hidden_.at(static_cast<size_t>(layer)).data(), hidden_.rows, hidden_.cols};
}

void TransformerPass::run_head(const Context& context) {
  const EncoderHead& head = parts_.head;
  if (!head.output || logits_.rows == 0) return;
  const ArenaScope scope(context.arena);
  View<const float> x = hidden_;
  if (!rows_.empty()) {
    const View<float> chosen = take(context, logits_.rows, hidden_.cols);
    gather_rows(chosen);
    x = chosen;
  }
  if (head.dense) {
    const View<float> widened = take(context, x.rows, head.dense->outputs());
    head.dense->forward(context, x, {.activation = head.shape.activation}, widened);
    if (head.norm) head.norm->forward(context, widened, widened);
    x = widened;
  }
  head.output->forward(context, x, {}, logits_);
}

void TransformerPass::gather_rows(View<float> out) const {
  const bool averaged = parts_.head.shape.mean;
  for (int i = 0; i < out.rows; ++i) {
    const std::span<float> to = out.row_span(i);
    const int first = rows_[static_cast<size_t>(i)];
    std::copy_n(hidden_.row(first), hidden_.cols, to.begin());
    if (!averaged) continue;
    const int end = offsets_[static_cast<size_t>(i) + 1];
    for (int row = first + 1; row < end; ++row) add(hidden_.row_span(row), to);
    scale(to, 1.0F / static_cast<float>(end - first), to);
  }
}

}  // namespace dragoman
