// The options of a tokenizer that is asked by itself, each field with its line; see field_note.hpp.
#pragma once

#include <optional>

#include "tasks/field_note.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// How long all encodings of a request become.
enum class Padding { kNone, kLongest, kMaxLength };
enum class PaddingSide { kByFiles, kLeft, kRight };

struct TokenizerOptions {
  bool add_special_tokens = true;
  std::optional<Truncation> truncation;
  std::optional<int> max_length;
  int stride = 0;
  bool return_overflowing_tokens = false;
  Padding padding = Padding::kNone;
  std::optional<int> pad_to_multiple_of;
  PaddingSide padding_side = PaddingSide::kByFiles;
  bool is_split_into_words = false;
  bool return_offsets_mapping = false;
  bool return_special_tokens_mask = false;
  std::optional<bool> return_token_type_ids;
  std::optional<bool> return_attention_mask;
};

struct DecodeOptions {
  bool skip_special_tokens = false;
};

template <typename Visit>
void visit_length_fields(TokenizerOptions& options, Visit&& visit) {
  visit("truncation", options.truncation,
        FieldNote{"What is cut from a text, or pair, that has more than `max_length` tokens; "
                  "`true` is `'longest_first'`, as is `null` where `max_length` is given and "
                  "nothing is padded."});
  visit("max_length", options.max_length,
        FieldNote{"Tokens that truncation leaves and padding makes, special ones included; `null` "
                  "for the tokenizer's `model_max_length`.",
                  1, kMaxTokens});
  visit("stride", options.stride,
        FieldNote{"Tokens that a further window shares with the one before it.", 0, kMaxTokens});
  visit("return_overflowing_tokens", options.return_overflowing_tokens,
        FieldNote{"What truncation cuts comes as further windows, each a row; "
                  "`overflow_to_sample_mapping` tells the text of each."});
  visit("padding", options.padding,
        FieldNote{"Rows become as long as the longest (`true`, `'longest'`) or as `max_length` "
                  "(`'max_length'`)."});
  visit("pad_to_multiple_of", options.pad_to_multiple_of,
        FieldNote{"Padding goes on to a multiple of this.", 1, kMaxTokens});
  visit("padding_side", options.padding_side,
        FieldNote{"Where padding goes; `null` for where the tokenizer's files say."});
}

template <typename Visit>
void visit_fields(TokenizerOptions& options, Visit&& visit) {
  visit("add_special_tokens", options.add_special_tokens,
        FieldNote{"The tokens that begin and end texts for the model are put in."});
  visit_length_fields(options, visit);
  visit("is_split_into_words", options.is_split_into_words,
        FieldNote{"Texts are arrays of words; offsets are those within each word."});
  visit("return_offsets_mapping", options.return_offsets_mapping,
        FieldNote{"Where each token begins and ends in its text, for `text.slice(begin, end)`."});
  visit("return_special_tokens_mask", options.return_special_tokens_mask,
        FieldNote{"1 for each token that was put in, 0 for each of the text."});
  visit("return_token_type_ids", options.return_token_type_ids,
        FieldNote{"Which text of a pair each token is of; `null` for where the model reads it."});
  visit("return_attention_mask", options.return_attention_mask,
        FieldNote{"0 for padding, 1 for the rest; `null` for where the model reads it."});
}

template <typename Visit>
void visit_fields(DecodeOptions& options, Visit&& visit) {
  visit("skip_special_tokens", options.skip_special_tokens,
        FieldNote{"Special tokens are left out of the text."});
}

}  // namespace dragoman
