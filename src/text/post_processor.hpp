// The last stage of encoding: special tokens around one text or two, and type ids.
//
// Every kind implemented so far is a template; a kind that is not gets a class of its own.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "text/tokenizer.hpp"

namespace dragoman {

/// A place of a template: one special token, or the tokens of a text.
struct TemplatePiece {
  enum class Kind { kSpecial, kFirst, kSecond };
  Kind kind = Kind::kSpecial;
  int32_t id = 0;  // of a special token
  int32_t type_id = 0;
  bool language = false;  // stands for the language of the source
};

struct PostProcessor {
  std::vector<TemplatePiece> single;
  std::vector<TemplatePiece> pair;
  // Spans lose the white space that byte-level tokens begin or end with, but for a space that
  // `prefixed` text was given.
  bool trims = false;
  bool prefixed = false;
  bool types_windows = false;  // with special tokens, windows have the template's types too

  /// Says that special tokens of this id stand for the language of the source.
  void mark_language(int32_t id);
  /// Special tokens added to one text or to a pair.
  int added(bool is_pair) const;
  /// Windows of what was cut are put together in the reference's order.
  /// @param second  null for a single text
  Encoding process(const Encoding& first, const Encoding* second,
                   const EncodeOptions& options) const;

 private:
  Encoding assemble(const Encoding* first, const Encoding* second, std::pair<bool, bool> windows,
                    const EncodeOptions& options) const;
  void trim(Encoding& text) const;
};

/// The texts alone, the second of type 1: what happens without a post-processor.
PostProcessor plain_post_processor();
/// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, the second text with its separator of type 1.
PostProcessor bert_post_processor(int32_t cls, int32_t sep);

/// `<s> A </s>` and `<s> A </s></s> B </s>`, all of type 0.
PostProcessor roberta_post_processor(int32_t cls, int32_t sep);
/// `before A after`, and `before A middle B after`, with all from B on of type `second_type`.
/// @param middle  ids of the first text's type, then ids of the second one's
PostProcessor surrounded(const std::vector<int32_t>& before, const std::vector<int32_t>& after,
                         const std::pair<std::vector<int32_t>, std::vector<int32_t>>& middle,
                         int32_t second_type);

/// From the `post_processor` entry of tokenizer.json.
/// Throws unsupported-model for types that are not implemented.
PostProcessor make_post_processor(const Json& node);

}  // namespace dragoman
