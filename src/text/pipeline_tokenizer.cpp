// Running the stages of a tokenizer.
#include "text/pipeline_tokenizer.hpp"

#include <utility>

namespace dragoman {

namespace {

void push(Encoding& out, int32_t id, uint32_t start, uint32_t end) {
  out.ids.push_back(id);
  out.type_ids.push_back(0);
  out.starts.push_back(start);
  out.ends.push_back(end);
  out.special.push_back(0);
}

}  // namespace

PipelineTokenizer::PipelineTokenizer(TokenizerStages stages) : stages_(std::move(stages)) {
  stages_.added.finish(stages_.normalizer.get());
}

Encoding PipelineTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                   const EncodeOptions& options) const {
  if (pair && pair->empty()) pair.reset();  // no pair at all to `transformers`
  Encoding first = encode_text(text);
  std::optional<Encoding> second;
  if (pair) second = encode_text(*pair);
  Encoding* const other = second ? &*second : nullptr;
  const int added = options.add_special_tokens ? special_tokens(pair.has_value()) : 0;
  truncate(first, other, added, options, stages_.truncation);
  return stages_.post_processor.process(first, other, options.add_special_tokens);
}

// Added tokens that are not normalized come first: nothing may change them.
Encoding PipelineTokenizer::encode_text(std::string_view text) const {
  Encoding out;
  NormalizedText whole = NormalizedText::from_utf8(text);
  const std::vector<TextPart> parts = stages_.added.split(whole.chars, false);
  if (parts.size() == 1 && !parts[0].id) {
    encode_part(std::move(whole), out);
    return out;
  }
  for (const TextPart& part : parts) {
    if (part.id) {
      push(out, *part.id, whole.starts[part.span.begin], whole.ends[part.span.end - 1]);
    } else {
      encode_part(whole.slice(part.span), out);
    }
  }
  return out;
}

// Normalises a part, then looks for the added tokens that are themselves normalized.
void PipelineTokenizer::encode_part(NormalizedText part, Encoding& out) const {
  if (stages_.normalizer != nullptr) stages_.normalizer->normalize(part);
  const std::vector<TextPart> parts = stages_.added.split(part.chars, true);
  if (parts.size() == 1 && !parts[0].id) return encode_words(std::move(part), out);
  for (const TextPart& piece : parts) {
    if (piece.id) {
      push(out, *piece.id, part.starts[piece.span.begin], part.ends[piece.span.end - 1]);
    } else {
      encode_words(part.slice(piece.span), out);
    }
  }
}

// Words of ordinary text. Token spans are in characters of the word; those know where they came
// from.
void PipelineTokenizer::encode_words(NormalizedText part, Encoding& out) const {
  std::vector<Span> words{{0, part.size()}};
  if (stages_.pre_tokenizer != nullptr) stages_.pre_tokenizer->split(part, words);
  std::vector<ModelToken> tokens;
  for (const Span word : words) {
    tokens.clear();
    const std::u32string_view chars = part.chars;
    stages_.model->tokenize(chars.substr(word.begin, word.end - word.begin), tokens);
    for (const ModelToken& token : tokens) {
      push(out, token.id, part.starts[word.begin + token.begin],
           part.ends[word.begin + token.end - 1]);
    }
  }
}

std::string PipelineTokenizer::decode(std::span<const int32_t> ids,
                                      bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  for (const int32_t id : ids) {
    // Ids that nothing has are left out, as the reference does.
    const std::string* added = stages_.added.token(id);
    const auto token = added != nullptr ? std::optional<std::string_view>(*added)
                                        : stages_.model->vocab().token(id);
    if (!token || (skip_special_tokens && stages_.added.is_special(*token))) continue;
    tokens.emplace_back(*token);
  }
  if (stages_.decoder != nullptr) stages_.decoder->decode(tokens);
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    text.append(i > 0 && stages_.decoder == nullptr ? " " : "").append(tokens[i]);
  }
  return stages_.clean_up_spaces ? clean_up_tokenization(std::move(text)) : text;
}

int PipelineTokenizer::vocab_size() const {
  return static_cast<int>(stages_.model->vocab().size()) + stages_.added.extra();
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
