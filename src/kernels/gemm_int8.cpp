// Products with int8 weights: quantise the rows, multiply panel by panel, scale back.
#include <algorithm>
#include <atomic>
#include <cassert>
#include <vector>

#include "kernels/gemm.hpp"
#include "kernels/int8_forms.hpp"
#include "kernels/quantize.hpp"
#include "kernels/quantized_rows.hpp"
#include "kernels/self_test.hpp"
#include "kernels/simd.hpp"
#include "kernels/tile_output.hpp"

namespace dragoman {

namespace {

using namespace simd;

constexpr int kGroupBytes = kPanelColumns * kGroupInputs;
// A block of a panel: 32 KB, so that it stays in the cache while the rows pass.
constexpr int kBlockGroups = 512;
// Up to so many groups a panel is taken whole: the second-level cache holds it.
constexpr int kWholeGroups = 1024;
constexpr double kMacsPerMicrosecond = 50'000.0;

Int8Form first_form() {
  return has_int8_form(Int8Form::kSplit) ? Int8Form::kSplit : Int8Form::kWiden;
}

std::atomic<Int8Form>& current_form() {
  static std::atomic<Int8Form> form{first_form()};
  return form;
}

// How many panels one call of a kernel takes: few rows leave room for the sums of several.
constexpr int panels_at_once(int groups, int row_count) {
  return groups <= kWholeGroups ? kTileRows / row_count : 1;
}

// Sums of `rows` with whole panels, in blocks of k where k is large; then there is one panel.
void panel_sums(PanelKernel kernel, const QuantizedRows& rows, int first_row, int row_count,
                const int8_t* panel, int panel_count, int groups, int32_t* sums) {
  PanelTask task{.rows = rows.row(first_row),
                 .row_stride = rows.stride,
                 .row_count = row_count,
                 .panel = panel,
                 .groups = groups,
                 .panel_count = panel_count,
                 .accumulate = false,
                 .sums = sums};
  if (groups <= kWholeGroups) return kernel(task);
  const ptrdiff_t element = rows.wide ? sizeof(int16_t) : sizeof(int8_t);
  for (int first = 0; first < groups; first += kBlockGroups) {
    task.groups = std::min(kBlockGroups, groups - first);
    kernel(task);
    task.rows = static_cast<const std::byte*>(task.rows) + task.groups * kGroupInputs * element;
    task.panel += static_cast<ptrdiff_t>(task.groups) * kGroupBytes;
    task.accumulate = true;
  }
}

// What the tiles of one product share.
struct Product {
  const Int8Matrix& weights;
  const Epilogue& epilogue;
  View<float> out;
  QuantizedRows rows;
  PanelKernel kernel;

  void run_panels(Part panels, int first_row, int row_count) const {
    alignas(64) int32_t sums[kTileRows * kPanelColumns];
    const int groups = round_up(weights.k, kGroupInputs) / kGroupInputs;
    const int at_once = panels_at_once(groups, row_count);
    for (int first = panels.first; first < panels.last; first += at_once) {
      const int count = std::min(at_once, panels.last - first);
      const int8_t* start = weights.panels + static_cast<ptrdiff_t>(first) * groups * kGroupBytes;
      panel_sums(kernel, rows, first_row, row_count, start, count, groups, sums);
      store_panels(first, count, first_row, row_count, sums);
    }
  }

  // One row's panels lie one after the other, so they make one wide tile.
  void store_panels(int first, int count, int first_row, int row_count, const int32_t* sums) const {
    if (row_count == 1) return store({first_row, 1, first, count}, sums);
    for (int i = 0; i < count; ++i, sums += row_count * kPanelColumns) {
      store({first_row, row_count, first + i}, sums);
    }
  }

  // (sum - correction - zero_point * column sum) * scales + bias
  [[gnu::noinline]] void store(const TilePlace& place, const int32_t* sums) const {
    alignas(64) float scratch[kTileRows * kPanelColumns];
    const RowScale* scales = rows.scales + place.first_row;
    if (weights.role == OperandRole::kWeights7) {
      store_tile(place, epilogue, out, scratch, [=, this](int p) {
        const Columns columns(weights, place.panel + p);
        return [=](int r) {
          const I32x4 correction = splat(scales[r].correction);
          const F32x4 scale = splat(scales[r].scale);
          return [=](int j) {
            const I32x4 sum = load(sums + (p + r) * kPanelColumns + 4 * j);
            return columns.real(sum - correction, scale, j);
          };
        };
      });
    } else {
      store_tile(place, epilogue, out, scratch, [=, this](int p) {
        const Columns columns(weights, place.panel + p);
        const int32_t* totals = weights.column_sums + (place.panel + p) * kPanelColumns;
        return [=](int r) {
          const I32x4 zero_point = splat(scales[r].zero_point);
          const F32x4 scale = splat(scales[r].scale);
          return [=](int j) {
            const I32x4 sum = load(sums + (p + r) * kPanelColumns + 4 * j);
            return columns.real(sum - load(totals + 4 * j) * zero_point, scale, j);
          };
        };
      });
    }
  }

  // A panel's constants.
  struct Columns {
    F32x4 scales[4];
    PanelBias bias;
    DRAGOMAN_SIMD Columns(const Int8Matrix& weights, int panel) : bias(weights.bias, panel) {
      for (int j = 0; j < 4; ++j) scales[j] = load(weights.scales + panel * kPanelColumns + 4 * j);
    }
    DRAGOMAN_SIMD F32x4 real(I32x4 sum, F32x4 row_scale, int j) const {
      return convert(sum) * (scales[j] * row_scale) + bias.at[j];
    }
  };
};

}  // namespace

Int8Form int8_form() {
  return current_form().load(std::memory_order_relaxed);
}

bool select_int8_form(Int8Form form) {
  // A form that passed once need not be tested again: what compilers do later is better tested
  // than what they do first.
  static std::atomic<bool> passed[4];
  std::atomic<bool>& known = passed[static_cast<size_t>(form)];
  if (!known && !(has_int8_form(form) && int8_form_passes(form))) return false;
  known = true;
  current_form().store(form, std::memory_order_relaxed);
  return true;
}

bool select_int8_form(std::string_view name) {
  if (name == "widen") return select_int8_form(Int8Form::kWiden);
  if (name == "split") return select_int8_form(Int8Form::kSplit);
  return name == "fused" && select_int8_form(Int8Form::kFused);
}

void linear(const Context& context, View<const float> x, const Int8Matrix& weights,
            const Epilogue& epilogue, View<float> out) {
  assert(x.cols == weights.k && out.cols == weights.n && out.rows == x.rows);
  if (x.rows == 0) return;
  const ArenaScope scope(context.arena);
  const Int8Kernel kernel = int8_kernel(int8_form(), weights.role);
  const Product product{
      weights, epilogue, out,
      quantize_rows(context, x, weights.role, kernel.wide_rows, kQuantizedRowMultiple), kernel.run};
  run_tiles(context, {x.rows, weights.k, weights.n, kMacsPerMicrosecond},
            [&](Part panels, int first_row, int row_count) {
              product.run_panels(panels, first_row, row_count);
            });
}

void int8_sums(Int8Form form, const int8_t* rows, int row_count, const int8_t* panels, int k, int n,
               OperandRole role, int32_t* sums) {
  const Int8Kernel kernel = int8_kernel(form, role);
  const int stride = round_up(k, kQuantizedRowMultiple);
  const int groups = round_up(k, kGroupInputs) / kGroupInputs;
  const auto count = static_cast<size_t>(row_count) * static_cast<size_t>(stride);
  std::vector<int8_t> narrow_rows(count);
  for (int row = 0; row < row_count; ++row) {
    std::copy_n(rows + static_cast<ptrdiff_t>(row) * k, k,
                narrow_rows.begin() + static_cast<ptrdiff_t>(row) * stride);
  }
  std::vector<int16_t> wide_rows;
  if (kernel.wide_rows) wide_rows.assign(narrow_rows.begin(), narrow_rows.end());
  QuantizedRows quantized{};
  quantized.values = kernel.wide_rows ? static_cast<void*>(wide_rows.data()) : narrow_rows.data();
  quantized.stride = stride;
  quantized.wide = kernel.wide_rows;
  const int columns = round_up(n, kPanelColumns);
  const ptrdiff_t panel_bytes = static_cast<ptrdiff_t>(groups) * kGroupBytes;
  int32_t block[kTileRows * kPanelColumns];
  for (int first = 0; first < row_count; first += kTileRows) {
    const int height = std::min(kTileRows, row_count - first);
    const int at_once = panels_at_once(groups, height);
    for (int column = 0; column < columns; column += at_once * kPanelColumns) {
      const int panel_count = std::min(at_once, (columns - column) / kPanelColumns);
      const int8_t* panel = panels + column / kPanelColumns * panel_bytes;
      panel_sums(kernel.run, quantized, first, height, panel, panel_count, groups, block);
      for (int i = 0; i < panel_count * height; ++i) {
        int32_t* to = sums + static_cast<ptrdiff_t>(first + i % height) * columns + column;
        std::copy_n(block + i * kPanelColumns, kPanelColumns, to + i / height * kPanelColumns);
      }
    }
  }
}

}  // namespace dragoman
