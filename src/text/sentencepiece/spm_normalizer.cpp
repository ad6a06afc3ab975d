// Longest rule first, spaces trimmed and escaped, a space put before the text.
#include "text/sentencepiece/spm_normalizer.hpp"

#include <algorithm>

#include "base/utf.hpp"

namespace dragoman {

namespace {

constexpr int kMaxUserMatches = 64;  // as many as SentencePiece looks at

// Every byte of `text` came from the same place of the input.
void append(SpmNormalized& out, std::string_view text, uint32_t origin) {
  out.text.append(text);
  out.origins.insert(out.origins.end(), text.size(), origin);
}

}  // namespace

// What stands at the beginning of `input` after normalisation, and how much of it that takes.
SpmNormalizer::Prefix SpmNormalizer::prefix(std::string_view input,
                                            const PieceTrie* protect) const {
  if (protect != nullptr && !protect->empty()) {
    const size_t length = protect->longest_prefix(input, kMaxUserMatches);
    if (length > 0) return {input.substr(0, length), length};
  }
  if (const auto match = charsmap_.match(input)) return {match->replacement, match->length};
  size_t length = 0;
  next_code_point(input, length);
  return {input.substr(0, length), length};
}

// The end of the text moves to where the first removed space came from.
void SpmNormalizer::trim_end(SpmNormalized& out, uint32_t& consumed) const {
  while (out.text.ends_with(space())) {
    const size_t length = out.text.size() - space().size();
    consumed = out.origins[length];
    out.text.resize(length);
    out.origins.resize(length);
  }
}

SpmNormalized SpmNormalizer::normalize(std::string_view input, const PieceTrie* protect) const {
  SpmNormalized out;
  uint32_t consumed = 0;
  const auto skip = [&](size_t bytes) {
    input.remove_prefix(bytes);
    consumed += static_cast<uint32_t>(bytes);
  };
  // Leading spaces are found after normalisation: a rule may yield one.
  const bool trim = spec_.remove_extra_whitespaces;
  while (trim && !input.empty()) {
    const Prefix first = prefix(input, protect);
    if (first.text != " ") break;
    skip(first.consumed);
  }
  if (input.empty()) return out;

  out.text.reserve(input.size() * 3 / 2);
  out.origins.reserve(input.size() * 3 / 2);
  if (spec_.add_dummy_prefix && !spec_.treat_whitespace_as_suffix) append(out, space(), consumed);
  bool after_space = trim;
  while (!input.empty()) {
    const Prefix next = prefix(input, protect);
    std::string_view text = next.text;
    while (after_space && text.starts_with(' ')) text.remove_prefix(1);
    for (size_t i = 0; i < text.size(); ++i) {
      append(out, text[i] == ' ' ? space() : text.substr(i, 1), consumed);
    }
    // A rule that yields nothing leaves the state as it was.
    if (!text.empty()) after_space = trim && text.ends_with(' ');
    skip(next.consumed);
  }
  if (trim) trim_end(out, consumed);
  if (spec_.add_dummy_prefix && spec_.treat_whitespace_as_suffix) append(out, space(), consumed);
  out.origins.push_back(consumed);
  return out;
}

}  // namespace dragoman
