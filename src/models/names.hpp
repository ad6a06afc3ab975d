// Shorthand for the pages of the families: published names of whole layers.
#pragma once

#include <string>
#include <string_view>

#include "nn/linear.hpp"
#include "nn/norm.hpp"
#include "nn/slots.hpp"

namespace dragoman {

/// Names tensors under a prefix: `Names(slots, "encoder.layer.0.").linear("attention.output", x)`.
class Names {
 public:
  Names(SlotTable& slots, std::string prefix) : slots_(slots), prefix_(std::move(prefix)) {}

  Names in(std::string_view part) const { return {slots_, prefix_ + std::string(part)}; }

  void linear(std::string_view name, Linear& layer) const {
    linear(name, layer, 0, layer.outputs());
  }
  /// `layer` holds several published matrices; this one is its outputs [first, first + count).
  void linear(std::string_view name, Linear& layer, int first, int count) const {
    slots_.add(full(name, ".weight"), layer.weight_slot(first, count));
    if (layer.has_bias()) slots_.add(full(name, ".bias"), layer.bias_slot(first, count));
  }
  void norm(std::string_view name, LayerNorm& norm) const {
    slots_.add(full(name, ".weight"), norm.weight_slot());
    slots_.add(full(name, ".bias"), norm.bias_slot());
    // TensorFlow's names live on in checkpoints converted before 2020.
    if (!name.ends_with("LayerNorm")) return;
    slots_.add(full(name, ".gamma"), norm.weight_slot());
    slots_.add(full(name, ".beta"), norm.bias_slot());
  }
  void scale(std::string_view name, LayerNorm& norm) const {
    slots_.add(full(name, ".weight"), norm.weight_slot());
  }
  /// A matrix without bias.
  void weight(std::string_view name, Slot* slot) const { slots_.add(full(name, ".weight"), slot); }
  void slot(std::string_view name, Slot* slot) const { slots_.add(full(name, ""), slot); }
  void ignore(std::string_view name) const { slots_.ignore(full(name, "")); }
  void table(std::string_view name, Embedding& table) const {
    slots_.add(full(name, ".weight"), table.slot());
  }
  std::string full(std::string_view name, std::string_view suffix) const {
    return prefix_ + std::string(name) + std::string(suffix);
  }

 private:
  SlotTable& slots_;
  std::string prefix_;
};

}  // namespace dragoman
