// The oracle: no vectors, no blocks, nothing clever.
#include "kernels/reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace dragoman {

namespace {

void reference_panel(const PanelTask& task) {
  const auto* rows = static_cast<const int8_t*>(task.rows);
  for (int row = 0; row < task.row_count; ++row) {
    const int8_t* x = rows + static_cast<ptrdiff_t>(row) * task.row_stride;
    for (int column = 0; column < kPanelColumns; ++column) {
      int32_t sum = task.accumulate ? task.sums[row * kPanelColumns + column] : 0;
      for (int i = 0; i < task.groups * kGroupInputs; ++i) {
        const int group = i / kGroupInputs;
        const int place = (group * kPanelColumns + column) * kGroupInputs + i % kGroupInputs;
        sum += static_cast<int32_t>(x[i]) * static_cast<int32_t>(task.panel[place]);
      }
      task.sums[row * kPanelColumns + column] = sum;
    }
  }
}

}  // namespace

void reference_panels(const PanelTask& task) {
  PanelTask single = task;
  for (int panel = 0; panel < task.panel_count; ++panel) {
    reference_panel(single);
    single.panel += task.groups * kPanelColumns * kGroupInputs;
    single.sums += task.row_count * kPanelColumns;
  }
}

void reference_linear(View<const float> x, View<const float> w, std::span<const float> bias,
                      View<float> out) {
  for (int row = 0; row < x.rows; ++row) {
    for (int column = 0; column < w.rows; ++column) {
      double sum = bias.empty() ? 0.0 : static_cast<double>(bias[static_cast<size_t>(column)]);
      for (int i = 0; i < x.cols; ++i) {
        sum += static_cast<double>(x.row(row)[i]) * static_cast<double>(w.row(column)[i]);
      }
      out.row(row)[column] = static_cast<float>(sum);
    }
  }
}

namespace {

void reference_head(const float* query, View<const float> key, View<const float> value, int visible,
                    float scale, float* out) {
  std::vector<double> weights(static_cast<size_t>(visible));
  double largest = -std::numeric_limits<double>::infinity();
  for (int j = 0; j < visible; ++j) {
    double score = 0.0;
    for (int d = 0; d < key.cols; ++d) {
      score += static_cast<double>(query[d]) * static_cast<double>(key.row(j)[d]);
    }
    weights[static_cast<size_t>(j)] = score * static_cast<double>(scale);
    largest = std::max(largest, weights[static_cast<size_t>(j)]);
  }
  double total = 0.0;
  for (double& weight : weights) total += weight = std::exp(weight - largest);
  for (int d = 0; d < value.cols; ++d) {
    double sum = 0.0;
    for (int j = 0; j < visible; ++j) {
      sum += weights[static_cast<size_t>(j)] * static_cast<double>(value.row(j)[d]);
    }
    out[d] = static_cast<float>(sum / total);
  }
}

}  // namespace

void reference_attention(View<const float> query, View<const float> key, View<const float> value,
                         int heads, float scale, bool causal, View<float> out) {
  const int head_dim = query.cols / heads;
  for (int head = 0; head < heads; ++head) {
    const int first = head * head_dim;
    for (int row = 0; row < query.rows; ++row) {
      const int visible = causal ? key.rows - query.rows + row + 1 : key.rows;
      reference_head(query.row(row) + first, key.columns(first, head_dim),
                     value.columns(first, head_dim), visible, scale, out.row(row) + first);
    }
  }
}

}  // namespace dragoman
