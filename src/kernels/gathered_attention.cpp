// Attention of single queries over cached rows, in the order of their histories.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/attention.hpp"
#include "kernels/attention_parts.hpp"
#include "kernels/direct_sums.hpp"
#include "kernels/rows.hpp"

namespace dragoman {

const float* CachedRows::head(int row, int index, int head_dim, float* scratch) const {
  if (bytes == nullptr) return floats.row(row) + index * head_dim;
  const ptrdiff_t at = static_cast<ptrdiff_t>(row) * cols + index * head_dim;
  const float scale = scales[at / head_dim];
  for (int i = 0; i < head_dim; ++i) scratch[i] = scale * static_cast<float>(bytes[at + i]);
  return scratch;
}

namespace {

using direct_sums::add_weighted;
using direct_sums::dot_products;

// Some heads of all.
struct HeadRange {
  int begin;
  int end;
};

// One query row over cached rows, some of its heads. A cached row holds all heads side by side, and
// is read once, whole, for a few rows at a time: head after head would read each row in pieces a
// row apart, at half the speed once they come from memory.
struct GatheredHeads {
  const GatheredAttentionItem& item;
  const CachedRows& keys;
  const CachedRows& values;
  const GatheredShape& shape;
  HeadRange heads;
  float* wide;    // [4, head_dim], where rows are not f32
  float* scores;  // [heads, entries]

  int count() const { return static_cast<int>(item.entries.size()); }
  float* scores_of(int head) const {
    return scores + static_cast<ptrdiff_t>(head - heads.begin) * count();
  }

  // Rows from `first` on, as head `head` sees them; four widened ones are kept at a time.
  auto rows_of(const CachedRows& rows, int first, int head) const {
    const int shared = head / (shape.heads / (rows.cols / shape.head_dim));
    return [this, &rows, first, shared](int j) {
      const int32_t entry = item.entries[static_cast<size_t>(first + j)];
      float* room = rows.bytes == nullptr ? nullptr : wide + j % 4 * shape.head_dim;
      return rows.head(entry, shared, shape.head_dim, room);
    };
  }

  void score() const {
    constexpr int kRows = 4;
    for (int first = 0; first < count(); first += kRows) {
      for (int head = heads.begin; head < heads.end; ++head) {
        dot_products(item.query + head * shape.head_dim, rows_of(keys, first, head),
                     std::min(kRows, count() - first), shape.head_dim, shape.scale,
                     scores_of(head) + first);
      }
    }
  }

  void weigh() const {
    for (int head = heads.begin; head < heads.end; ++head) {
      float* weights = scores_of(head);
      if (shape.bias.data != nullptr) {
        // The newest entry is the query's own, at distance 0.
        const float* bias = shape.bias.row(head) + shape.bias.cols / 2 - (count() - 1);
        for (int j = 0; j < count(); ++j) weights[j] += bias[j];
      }
      softmax({weights, static_cast<size_t>(count())});
    }
  }

  void sum() const {
    constexpr int kRows = 8;
    const int width = shape.head_dim;
    std::fill(item.out + heads.begin * width, item.out + heads.end * width, 0.0F);
    for (int first = 0; first < count(); first += kRows) {
      for (int head = heads.begin; head < heads.end; ++head) {
        add_weighted(scores_of(head) + first, std::min(kRows, count() - first),
                     rows_of(values, first, head), width, item.out + head * width);
      }
    }
  }
};

// Groups of heads, so that there is something for every participant.
int groups_of_heads(const Context& context, size_t items, int heads) {
  const int wanted = context.pool.participants() > 1 ? 2 * context.pool.participants() : 1;
  return std::clamp(wanted / static_cast<int>(std::max<size_t>(items, 1)), 1, heads);
}

}  // namespace

void gathered_attention(const Context& context, std::span<const GatheredAttentionItem> items,
                        const CachedRows& keys, const CachedRows& values,
                        const GatheredShape& shape) {
  const ArenaScope scope(context.arena);
  size_t longest = 0;
  int64_t macs = 0;
  for (const GatheredAttentionItem& item : items) {
    longest = std::max(longest, item.entries.size());
    macs += 2 * static_cast<int64_t>(item.entries.size()) * shape.heads * shape.head_dim;
  }
  const int groups = groups_of_heads(context, items.size(), shape.heads);
  const int group = (shape.heads + groups - 1) / groups;
  const size_t room = keys.bytes != nullptr ? 4 * static_cast<size_t>(shape.head_dim) : 0;
  const auto body = [&](int index, int part, float* scratch) {
    const HeadRange heads{part * group, std::min(shape.heads, (part + 1) * group)};
    if (heads.begin >= heads.end) return;
    const GatheredAttentionItem& item = items[static_cast<size_t>(index)];
    const GatheredHeads some{item, keys, values, shape, heads, scratch, scratch + room};
    some.score();
    some.weigh();
    some.sum();
  };
  for_each_part(context, static_cast<int>(items.size()), groups,
                room + static_cast<size_t>(group) * longest, macs, body);
}

}  // namespace dragoman
