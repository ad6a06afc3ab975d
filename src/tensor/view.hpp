// Matrices as they pass between layers: a pointer, rows, columns and a row stride.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>

namespace dragoman {

/// A row-major matrix that somebody else owns.
template <typename T>
struct View {
  T* data = nullptr;
  int rows = 0;
  int cols = 0;
  int stride = 0;  // elements from one row to the next, >= cols

  View() = default;
  View(T* values, int row_count, int col_count)
      : data(values), rows(row_count), cols(col_count), stride(col_count) {}
  View(T* values, int row_count, int col_count, int row_stride)
      : data(values), rows(row_count), cols(col_count), stride(row_stride) {}
  /// A View<T> reads as a View<const T>.
  operator View<const T>() const { return {data, rows, cols, stride}; }

  T* row(int index) const {
    assert(index >= 0 && index < rows);
    return data + static_cast<ptrdiff_t>(index) * stride;
  }
  std::span<T> row_span(int index) const { return {row(index), static_cast<size_t>(cols)}; }
  /// Rows [first, first + count).
  View block(int first, int count) const {
    return {data + static_cast<ptrdiff_t>(first) * stride, count, cols, stride};
  }
  /// Columns [first, first + count).
  View columns(int first, int count) const { return {data + first, rows, count, stride}; }
};

}  // namespace dragoman
