// Layouts of blocks. All numbers are little-endian, as every target is.
#include "formats/gguf_types.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "formats/elements.hpp"

namespace dragoman {

namespace {

constexpr int kSmall = 32;   // elements of the older blocks
constexpr int kLarge = 256;  // of the "K" blocks

float half_at(const uint8_t* from) {
  return f16_to_f32(static_cast<uint16_t>(from[0] | from[1] << 8));
}

void read_f32(const uint8_t* from, float* out) {
  std::memcpy(out, from, sizeof(float));
}
void read_f16(const uint8_t* from, float* out) {
  *out = half_at(from);
}
void read_bf16(const uint8_t* from, float* out) {
  *out = bf16_to_f32(static_cast<uint16_t>(from[0] | from[1] << 8));
}

// The first 16 elements lie in low nibbles, the others in high ones.
constexpr int nibble(const uint8_t* nibbles, int i) {
  return i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
}
// The fifth bits of 32 elements.
constexpr int fifth_bit(const uint8_t* bits, int i) {
  return (bits[i / 8] >> i % 8 & 1) << 4;
}

void read_q4_0(const uint8_t* from, float* out) {
  const float scale = half_at(from);
  for (int i = 0; i < kSmall; ++i) out[i] = scale * static_cast<float>(nibble(from + 2, i) - 8);
}
void read_q4_1(const uint8_t* from, float* out) {
  const float scale = half_at(from);
  const float least = half_at(from + 2);
  for (int i = 0; i < kSmall; ++i) {
    out[i] = scale * static_cast<float>(nibble(from + 4, i)) + least;
  }
}
void read_q5_0(const uint8_t* from, float* out) {
  const float scale = half_at(from);
  for (int i = 0; i < kSmall; ++i) {
    out[i] = scale * static_cast<float>((nibble(from + 6, i) | fifth_bit(from + 2, i)) - 16);
  }
}
void read_q5_1(const uint8_t* from, float* out) {
  const float scale = half_at(from);
  const float least = half_at(from + 2);
  for (int i = 0; i < kSmall; ++i) {
    out[i] = scale * static_cast<float>(nibble(from + 8, i) | fifth_bit(from + 4, i)) + least;
  }
}
void read_q8_0(const uint8_t* from, float* out) {
  const float scale = half_at(from);
  for (int i = 0; i < kSmall; ++i) out[i] = scale * static_cast<int8_t>(from[2 + i]);
}

// Scale and least value of a group of 32 are 6 bits each, eight of both in 12 bytes.
struct GroupScale {
  float scale;
  float least;
  GroupScale(const uint8_t* block, int group) {
    const uint8_t* bits = block + 4;
    int scale_bits = bits[group % 4] & 63;
    int least_bits = bits[4 + group % 4] & 63;
    if (group >= 4) {
      scale_bits = (bits[4 + group] & 15) | (bits[group - 4] >> 6) << 4;
      least_bits = bits[4 + group] >> 4 | (bits[group] >> 6) << 4;
    }
    scale = half_at(block) * static_cast<float>(scale_bits);
    least = half_at(block + 2) * static_cast<float>(least_bits);
  }
};

// Groups 2n and 2n + 1 share 32 bytes: low nibbles, then high ones.
constexpr int large_nibble(const uint8_t* nibbles, int group, int i) {
  return nibbles[group / 2 * kSmall + i] >> group % 2 * 4 & 15;
}

void read_q4_k(const uint8_t* from, float* out) {
  for (int group = 0; group < kLarge / kSmall; ++group) {
    const GroupScale own(from, group);
    for (int i = 0; i < kSmall; ++i) {
      *out++ = own.scale * static_cast<float>(large_nibble(from + 16, group, i)) - own.least;
    }
  }
}
void read_q5_k(const uint8_t* from, float* out) {
  const uint8_t* fifth = from + 16;  // a bit for each group
  for (int group = 0; group < kLarge / kSmall; ++group) {
    const GroupScale own(from, group);
    for (int i = 0; i < kSmall; ++i) {
      const int value = large_nibble(from + 48, group, i) | (fifth[i] >> group & 1) << 4;
      *out++ = own.scale * static_cast<float>(value) - own.least;
    }
  }
}
// Halves of 128: 64 bytes of nibbles and 32 of upper pairs of bits; a scale for each 16.
void read_q6_k(const uint8_t* from, float* out) {
  const float scale = half_at(from + 208);
  for (int i = 0; i < kLarge; ++i) {
    const int half = i / 128;
    const int quarter = i % 128 / 32;
    const int low = from[half * 64 + quarter % 2 * 32 + i % 32] >> quarter / 2 * 4 & 15;
    const int high = from[128 + half * 32 + i % 32] >> 2 * quarter & 3;
    const auto step = scale * static_cast<int8_t>(from[192 + i / 16]);
    out[i] = step * static_cast<float>((low | high << 4) - 32);
  }
}

constexpr std::array kTypes = {
    GgufType{0, "F32", 1, 4, read_f32},
    GgufType{1, "F16", 1, 2, read_f16},
    GgufType{kGgufQ4_0, "Q4_0", kSmall, 18, read_q4_0},
    GgufType{3, "Q4_1", kSmall, 20, read_q4_1},
    GgufType{6, "Q5_0", kSmall, 22, read_q5_0},
    GgufType{7, "Q5_1", kSmall, 24, read_q5_1},
    GgufType{8, "Q8_0", kSmall, 34, read_q8_0},
    GgufType{9, "Q8_1", kSmall, 40},
    GgufType{10, "Q2_K", kLarge, 84},
    GgufType{11, "Q3_K", kLarge, 110},
    GgufType{12, "Q4_K", kLarge, 144, read_q4_k},
    GgufType{13, "Q5_K", kLarge, 176, read_q5_k},
    GgufType{14, "Q6_K", kLarge, 210, read_q6_k},
    GgufType{15, "Q8_K", kLarge, 292},
    GgufType{16, "IQ2_XXS", kLarge, 66},
    GgufType{17, "IQ2_XS", kLarge, 74},
    GgufType{18, "IQ3_XXS", kLarge, 98},
    GgufType{19, "IQ1_S", kLarge, 50},
    GgufType{20, "IQ4_NL", kSmall, 18},
    GgufType{21, "IQ3_S", kLarge, 110},
    GgufType{22, "IQ2_S", kLarge, 82},
    GgufType{23, "IQ4_XS", kLarge, 136},
    GgufType{24, "I8", 1, 1},
    GgufType{25, "I16", 1, 2},
    GgufType{26, "I32", 1, 4},
    GgufType{27, "I64", 1, 8},
    GgufType{28, "F64", 1, 8},
    GgufType{29, "IQ1_M", kLarge, 56},
    GgufType{30, "BF16", 1, 2, read_bf16},
    GgufType{34, "TQ1_0", kLarge, 54},
    GgufType{35, "TQ2_0", kLarge, 66},
    GgufType{39, "MXFP4", kSmall, 17},
};

}  // namespace

const GgufType* find_gguf_type(uint32_t id) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [id](const GgufType& type) { return type.id == id; });
  return found == kTypes.end() ? nullptr : &*found;
}

std::string readable_gguf_types() {
  std::string names;
  for (const GgufType& type : kTypes) {
    if (type.read != nullptr) names += (names.empty() ? "" : ", ") + std::string(type.name);
  }
  return names;
}

void read_gguf_row(const GgufType& type, std::span<const uint8_t> bytes, std::span<float> out) {
  const uint8_t* from = bytes.data();
  for (size_t i = 0; i < out.size(); i += type.block, from += type.bytes) {
    type.read(from, out.data() + i);
  }
}

void read_gguf_q4_0(std::span<const uint8_t> bytes, std::span<int8_t> values,
                    std::span<float> scales) {
  const uint8_t* from = bytes.data();
  for (size_t block = 0; block < scales.size(); ++block, from += 18) {
    scales[block] = half_at(from);
    for (int i = 0; i < kSmall; ++i) {
      values[block * kSmall + static_cast<size_t>(i)] =
          static_cast<int8_t>(nibble(from + 2, i) - 8);
    }
  }
}

}  // namespace dragoman
