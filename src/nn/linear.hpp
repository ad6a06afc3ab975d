// Layers that own weights: Linear, Embedding (which may share an output layer's matrix), Vector.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/context.hpp"
#include "kernels/gemm.hpp"
#include "nn/slots.hpp"
#include "tensor/dtype.hpp"
#include "tensor/view.hpp"

namespace dragoman {

/// A parameter vector: biases, norm weights.
class Vector {
 public:
  explicit Vector(int size, float initial = 0.0F);
  ~Vector();
  Vector(Vector&&) noexcept;
  Slot* slot();
  std::span<const float> values() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// y = x W^T + b with W held packed. Several published matrices may be fused into one Linear by
/// output ranges (query, key and value): each range has its own slots.
class Linear {
 public:
  /// @param role  see kernels/packing.hpp; ignored for fp32
  Linear(int inputs, int outputs, WeightType type, OperandRole role, bool has_bias = true);
  ~Linear();
  Linear(Linear&&) noexcept;

  /// Slot for rows [first, first + count) of the fused weight / bias.
  Slot* weight_slot(int first, int count);
  Slot* weight_slot() { return weight_slot(0, outputs()); }
  Slot* bias_slot(int first, int count);
  Slot* bias_slot() { return bias_slot(0, outputs()); }

  int inputs() const;
  int outputs() const;
  bool has_bias() const;
  size_t packed_bytes() const;

  /// @param x [rows, inputs]   @param out [rows, outputs]
  void forward(const Context& context, View<const float> x, const Epilogue& epilogue,
               View<float> out) const;
  /// Row `index` of the weight matrix in f32: the matrix read as an embedding table.
  void weight_row(int index, std::span<float> out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A table of vectors not shared with an output layer: f32, or int8 per row.
class Embedding {
 public:
  Embedding(int count, int width, WeightType type);
  ~Embedding();
  Embedding(Embedding&&) noexcept;
  Slot* slot();
  int count() const;
  int width() const;
  size_t packed_bytes() const;
  void row(int index, std::span<float> out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dragoman
