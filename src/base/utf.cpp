// Conversions between UTF-8, UTF-16 lengths and UTF-32.
#include "base/utf.hpp"

namespace dragoman {

namespace {

// What a lead byte promises: how many bytes follow, and the range of the first of them. The
// narrow ranges exclude overlong forms, surrogates and code points above U+10FFFF (table 3-7 of
// the Unicode standard).
struct Lead {
  int following;
  uint8_t low;
  uint8_t high;
};

Lead lead_of(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

char32_t next_code_point(std::string_view text, size_t& position) {
  const auto first = static_cast<uint8_t>(text[position++]);
  if (first < 0x80) return first;
  // A byte that does not fit ends the part without being taken: it may begin the next character.
  const Lead lead = lead_of(first);
  if (lead.following == 0) return kReplacement;
  char32_t c = first & (0x3Fu >> lead.following);
  for (int i = 0; i < lead.following; ++i) {
    if (position >= text.size()) return kReplacement;
    const auto byte = static_cast<uint8_t>(text[position]);
    const uint8_t low = i == 0 ? lead.low : 0x80;
    const uint8_t high = i == 0 ? lead.high : 0xBF;
    if (byte < low || byte > high) return kReplacement;
    c = (c << 6) | (byte & 0x3F);
    ++position;
  }
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | (c >> 6));
    push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | (c >> 12));
    push(0x80 | ((c >> 6) & 0x3F));
    push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | (c >> 18));
    push(0x80 | ((c >> 12) & 0x3F));
    push(0x80 | ((c >> 6) & 0x3F));
    push(0x80 | (c & 0x3F));
  }
}

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) out.push_back(next_code_point(text, i));
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (c >= 0x10000) out.push_back(static_cast<char16_t>(0xD7C0 + (c >> 10)));
    out.push_back(static_cast<char16_t>(c >= 0x10000 ? 0xDC00 | (c & 0x3FF) : c));
  }
  return out;
}

std::string to_utf8(std::u16string_view units) {
  std::string out;
  for (size_t i = 0; i < units.size(); ++i) {
    char32_t c = units[i];
    const char32_t next = i + 1 < units.size() ? units[i + 1] : 0;
    if ((c & 0xFC00) == 0xD800 && (next & 0xFC00) == 0xDC00) {
      c = 0x10000 + ((c & 0x3FF) << 10) + (next & 0x3FF);
      ++i;
    } else if ((c & 0xF800) == 0xD800) {
      c = kReplacement;
    }
    append_utf8(out, c);
  }
  return out;
}

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    // Most text is well-formed, and much of it ASCII.
    if (static_cast<uint8_t>(text[i]) < 0x80) {
      out.push_back(text[i++]);
    } else {
      append_utf8(out, next_code_point(text, i));
    }
  }
  return out;
}

std::vector<uint32_t> utf16_offsets(std::string_view text) {
  std::vector<uint32_t> offsets(text.size() + 1);
  uint32_t units = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t start = i;
    const char32_t c = next_code_point(text, i);
    for (size_t byte = start; byte < i; ++byte) offsets[byte] = units;
    units += utf16_length(c);
  }
  offsets[text.size()] = units;
  return offsets;
}

}  // namespace dragoman
