// The element types of GGUF files and how blocks of them are read
// (https://github.com/ggml-org/ggml, docs/gguf.md and src/ggml-quants.c, for the layouts).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dragoman {

struct GgufType {
  uint32_t id = 0;
  const char* name = nullptr;
  uint32_t block = 0;  // elements that are stored together
  uint32_t bytes = 0;  // of a block
  /// Reads one block. @param out  [block]   Null for types that are known but not read.
  void (*read)(const uint8_t* from, float* out) = nullptr;
};

/// Integers of 4 bits with a scale for each 32: what a slot of int4 holds as it is.
constexpr uint32_t kGgufQ4_0 = 2;

/// Null when no type has this number.
const GgufType* find_gguf_type(uint32_t id);

/// "F32, F16, …": the types that are read.
std::string readable_gguf_types();

/// @param bytes  whole blocks   @param out  [elements of those]
void read_gguf_row(const GgufType& type, std::span<const uint8_t> bytes, std::span<float> out);

/// The integers and scales of a row of Q4_0.
/// @param values  [32 * blocks]   @param scales  [blocks]
void read_gguf_q4_0(std::span<const uint8_t> bytes, std::span<int8_t> values,
                    std::span<float> scales);

}  // namespace dragoman
