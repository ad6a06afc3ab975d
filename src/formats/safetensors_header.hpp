// The header of a safetensors file: its entries, checked as the reference implementation checks
// them (safetensors/src/tensor.rs, Metadata::validate), and stricter where the format's README is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/elements.hpp"

namespace dragoman {

struct TensorEntry {
  std::string name;
  const StoredType* type = nullptr;
  std::vector<int64_t> shape;
  uint64_t begin = 0;  // bytes from the end of the header
  uint64_t end = 0;
};

/// Largest header the format allows, in bytes.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

/// Entries in the order of their bytes. They follow one another without gap or overlap, each has
/// exactly the bytes its shape and type need, and no name occurs twice. Throws model-format
/// naming `file` and the tensor at fault.
std::vector<TensorEntry> read_safetensors_header(std::string_view json, const std::string& file);

/// "[2, 3]"
std::string shape_text(const std::vector<int64_t>& shape);

}  // namespace dragoman
