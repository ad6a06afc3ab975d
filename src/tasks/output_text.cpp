// Decoding with an eye on what later tokens may change.
#include "tasks/output_text.hpp"

#include "base/utf.hpp"
#include "text/decoder.hpp"

namespace dragoman {

namespace {

// Python cuts the prompt off by its length in code points, whatever they are.
std::string without_prompt(std::string text, size_t letters) {
  size_t position = 0;
  while (letters > 0 && position < text.size()) {
    next_code_point(text, position);
    --letters;
  }
  return text.substr(position);
}

// Takes off what may be the beginning of " ." or " n't", whose space would go.
void hold_spaces(std::string& text) {
  constexpr std::string_view kOpen[] = {" n'", " n", " 'v", " 'r", " '"};
  for (bool again = true; again;) {
    again = false;
    while (text.ends_with(' ')) text.pop_back();
    for (const std::string_view open : kOpen) {
      if (!text.ends_with(open)) continue;
      text.resize(text.size() - open.size());
      again = true;
    }
  }
}

}  // namespace

std::string output_text(const Tokenizer& tokenizer, std::span<const int32_t> ids,
                        const OutputRules& rules) {
  const bool clean_up = rules.clean_up || tokenizer.cleans_up_spaces();
  return without_prompt(tokenizer.decode_spaced(ids, true, clean_up), rules.prompt_letters);
}

std::string settled_text(const Tokenizer& tokenizer, std::span<const int32_t> ids,
                         const OutputRules& rules) {
  const auto sure = ids.first(ids.size() - tokenizer.unfinished_ids(ids));
  if (!rules.clean_up && !tokenizer.cleans_up_spaces()) {
    return without_prompt(tokenizer.decode(sure, true), rules.prompt_letters);
  }
  // Spaces that go may bring others together with what they are taken away before: looked at twice.
  std::string text = tokenizer.decode_spaced(sure, true, false);
  hold_spaces(text);
  text = clean_up_tokenization(std::move(text));
  hold_spaces(text);
  return without_prompt(std::move(text), rules.prompt_letters);
}

size_t prompt_letters(const Tokenizer& tokenizer, std::span<const int32_t> ids, bool clean_up) {
  const std::string text = output_text(tokenizer, ids, {.clean_up = clean_up});
  size_t letters = 0;
  for (size_t position = 0; position < text.size(); ++letters) next_code_point(text, position);
  return letters;
}

}  // namespace dragoman
