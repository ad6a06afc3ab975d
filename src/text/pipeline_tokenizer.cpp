// Running the stages of a tokenizer.
#include "text/pipeline_tokenizer.hpp"

#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"

namespace dragoman {

namespace {

constexpr char32_t kByteLevelSpace = 0x120;  // how byte-level tokens write a space

bool is_white(char32_t c) {
  return c == kByteLevelSpace || is_white_space(c);
}

std::pair<uint32_t, uint32_t> white_ends(std::u32string_view text) {
  uint32_t before = 0;
  uint32_t after = 0;
  while (before < text.size() && is_white(text[before])) ++before;
  while (after < text.size() && is_white(text[text.size() - 1 - after])) ++after;
  return {before, after};
}

// The same of a token as its vocabulary spells it.
std::pair<uint32_t, uint32_t> white_ends_of(std::string_view token) {
  const auto plain = [](char c) { return static_cast<uint8_t>(c) - 0x21u < 0x5Eu; };
  if (token.empty() || (plain(token.front()) && plain(token.back()))) return {0, 0};
  return white_ends(to_utf32(token));
}

// A space that byte-level text was given at its beginning has the span of the character behind it,
// two UTF-16 units when that has four bytes. What is trimmed of it counts as one character.
// @param token  [begin, end) in `part`
// @param white  white space at the ends of the token
void widen_space(const NormalizedText& part, Span token, bool prefixed,
                 std::pair<uint32_t, uint32_t>& white) {
  const size_t next = token.begin + 1;
  if (white.first != 1 || next >= part.size() || part.starts[next] != part.starts[next - 1]) return;
  if (part.chars[next] < 0xF0 || part.chars[next] > 0xF4) return;  // first of four bytes
  if (!prefixed) ++white.first;
  if (token.end == next) ++white.second;
}

void push(Encoding& out, int32_t id, std::pair<uint32_t, uint32_t> span, int32_t word) {
  out.ids.push_back(id);
  out.type_ids.push_back(0);
  out.starts.push_back(span.first);
  out.ends.push_back(span.second);
  out.special.push_back(0);
  out.words.push_back(word);
  out.texts.push_back(-1);  // the post-processor knows
}

std::pair<uint32_t, uint32_t> origin(const NormalizedText& text, size_t begin, size_t end) {
  return {text.starts[begin], text.ends[end - 1]};
}

}  // namespace

PipelineTokenizer::PipelineTokenizer(TokenizerStages stages) : stages_(std::move(stages)) {
  stages_.added.finish(stages_.normalizer.get());
}

Encoding PipelineTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                   const EncodeOptions& options) const {
  if (pair && pair->empty()) pair.reset();  // no pair at all to `transformers`
  Encoding first;
  Encoding second;
  int32_t word = 0;
  encode_text(text, word, first);
  word = 0;
  if (pair) encode_text(*pair, word, second);
  return finish(std::move(first), pair ? &second : nullptr, options);
}

Encoding PipelineTokenizer::encode_words(std::span<const std::string_view> words,
                                         const EncodeOptions& options) const {
  if (stages_.refuses_words) {
    throw Error(
        ErrorCode::kUnsupportedOption,
        "Words that were cut beforehand need a tokenizer with \"add_prefix_space\": true in "
        "tokenizer_config.json: this one tells words by the space before them.");
  }
  Encoding all;
  for (size_t i = 0; i < words.size(); ++i) {
    int32_t word = 0;
    encode_text(words[i], word, all);
    for (size_t k = all.ids.size(); k-- > 0 && all.texts[k] != 0;) {
      all.words[k] = static_cast<int32_t>(i);
      all.texts[k] = 0;
    }
  }
  return finish(std::move(all), nullptr, options);
}

Encoding PipelineTokenizer::finish(Encoding first, Encoding* second,
                                   const EncodeOptions& options) const {
  const int added = options.add_special_tokens ? special_tokens(second != nullptr) : 0;
  truncate(first, second, added, options, stages_.truncation);
  return stages_.post_processor.process(first, second, options);
}

void PipelineTokenizer::push_added(const NormalizedText& text, Span span, int32_t id, int32_t& word,
                                   Encoding& out) const {
  push(out, id, origin(text, span.begin, span.end), word++);
  if (stages_.post_processor.trims) out.white.push_back(white_ends(text.text(span)));
}

// Added tokens that are not normalized come first: nothing may change them.
// @param word  the next word's index
void PipelineTokenizer::encode_text(std::string_view text, int32_t& word, Encoding& out) const {
  NormalizedText whole = NormalizedText::from_utf8(text);
  const std::vector<TextPart> parts = stages_.added.split(whole.chars, false);
  if (parts.size() == 1 && !parts[0].id) return encode_part(std::move(whole), word, out);
  for (const auto& [span, id] : parts) {
    if (id) {
      push_added(whole, span, *id, word, out);
    } else {
      encode_part(whole.slice(span), word, out);
    }
  }
}

// Normalises a part, then looks for the added tokens that are themselves normalized.
void PipelineTokenizer::encode_part(NormalizedText part, int32_t& word, Encoding& out) const {
  if (stages_.normalizer != nullptr) stages_.normalizer->normalize(part);
  const std::vector<TextPart> parts = stages_.added.split(part.chars, true);
  if (parts.size() == 1 && !parts[0].id) return encode_pieces(std::move(part), word, out);
  for (const auto& [span, id] : parts) {
    if (id) {
      push_added(part, span, *id, word, out);
    } else {
      encode_pieces(part.slice(span), word, out);
    }
  }
}

// Words of ordinary text. Token spans are in characters of the word; those know where they came
// from.
void PipelineTokenizer::encode_pieces(NormalizedText part, int32_t& word, Encoding& out) const {
  std::vector<Span> words{{0, part.size()}};
  if (stages_.pre_tokenizer != nullptr) stages_.pre_tokenizer->split(part, words);
  std::vector<ModelToken> tokens;
  tokens.reserve(2 * words.size());
  const size_t first = out.ids.size();
  for (const Span span : words) {
    if (span.begin == span.end) continue;
    size_t own = tokens.size();
    stages_.model->tokenize(part.text(span), tokens);
    for (; own < tokens.size(); ++own) {
      tokens[own].begin += static_cast<uint32_t>(span.begin);
      tokens[own].end += static_cast<uint32_t>(span.begin);
    }
    out.words.resize(first + own, word++);
  }
  const size_t count = first + tokens.size();
  for (auto* numbers : {&out.starts, &out.ends}) numbers->resize(count);
  out.ids.resize(count);
  out.type_ids.resize(count);
  out.special.resize(count);
  out.texts.resize(count, -1);  // the post-processor knows
  for (size_t i = 0; i < tokens.size(); ++i) {
    out.ids[first + i] = tokens[i].id;
    out.starts[first + i] = part.starts[tokens[i].begin];
    out.ends[first + i] = part.ends[tokens[i].end - 1];
  }
  if (stages_.post_processor.trims) push_white(part, tokens, out);
}

// An unknown token is written otherwise than what it covers.
void PipelineTokenizer::push_white(const NormalizedText& part, std::span<const ModelToken> tokens,
                                   Encoding& out) const {
  for (const ModelToken& token : tokens) {
    auto white = white_ends_of(stages_.model->vocab().token(token.id).value_or(""));
    widen_space(part, {token.begin, token.end}, stages_.post_processor.prefixed, white);
    out.white.push_back(white);
  }
}

size_t PipelineTokenizer::unfinished_ids(std::span<const int32_t> ids) const {
  if (stages_.decoder == nullptr) return 0;
  const bool runs = stages_.decoder->reads_runs();
  size_t held = 0;
  std::string bytes;
  for (size_t count = 1; count <= ids.size(); ++count) {
    const int32_t id = ids[ids.size() - count];
    const std::string* added = stages_.added.token(id);
    const auto token = stages_.model->vocab().token(id);
    if (added != nullptr ? stages_.added.is_special(*added) : !token) continue;
    const auto part = added != nullptr ? std::nullopt : stages_.decoder->bytes_of(*token);
    if (!part) break;
    if (runs) {
      held = count;
      continue;
    }
    bytes.insert(0, *part);
    // A character has at most four bytes: what lies further back is settled.
    if (unfinished_utf8(bytes) > 0) return count;
    if (bytes.size() >= 3) break;
  }
  return held;
}

std::string PipelineTokenizer::decode_spaced(std::span<const int32_t> ids, bool skip_special_tokens,
                                             bool clean_up) const {
  std::vector<std::string> tokens;
  for (const int32_t id : ids) {
    // Ids that nothing has are left out, as the reference does.
    const std::string* added = stages_.added.token(id);
    const auto token = added != nullptr ? std::optional<std::string_view>(*added)
                                        : stages_.model->vocab().token(id);
    if (!token || (skip_special_tokens && stages_.added.is_special(*token))) continue;
    tokens.emplace_back(*token);
  }
  std::string text = join(std::move(tokens));
  return clean_up ? clean_up_tokenization(std::move(text)) : text;
}

std::string PipelineTokenizer::join(std::vector<std::string> tokens) const {
  if (stages_.decoder != nullptr) stages_.decoder->decode(tokens);
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    text.append(i > 0 && stages_.decoder == nullptr ? " " : "").append(tokens[i]);
  }
  return text;
}

std::string PipelineTokenizer::token(int32_t id) const {
  const std::string* added = stages_.added.token(id);
  if (added != nullptr) return *added;
  return std::string(stages_.model->vocab().token(id).value_or(""));
}

int PipelineTokenizer::vocab_size() const {
  return static_cast<int>(stages_.model->vocab().distinct()) + stages_.added.extra();
}

int32_t PipelineTokenizer::token_id(std::string_view token) const {
  const int32_t id = stages_.added.find(token);
  return id >= 0 ? id : stages_.model->vocab().find(token);
}

bool PipelineTokenizer::begins_word(const Encoding& encoding, size_t index) const {
  const int32_t id = encoding.ids[index];
  if (stages_.added.token(id) != nullptr) return true;
  const auto token = stages_.model->vocab().token(id);
  return !token || stages_.model->begins_word(*token);
}

}  // namespace dragoman
