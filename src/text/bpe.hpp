// Byte-pair encoding as Python `tokenizers` does it. (SentencePiece's own differs in order and
// unknowns: sentencepiece/bpe.cpp.)
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/model.hpp"

namespace dragoman {

struct BpeOptions {
  std::optional<std::string> unk_token;   // null: characters nothing covers are left out
  std::string continuing_subword_prefix;  // of all characters but a word's first
  std::string end_of_word_suffix;         // of a word's last character
  bool fuse_unk = false;                  // neighbouring unknown characters are one token
  bool byte_fallback = false;             // unknown characters become bytes, "<0x41>"
  bool ignore_merges = false;             // words the vocabulary has need no merges
};

/// Left and right, in order of rank.
using BpeMergeList = std::vector<std::pair<std::string_view, std::string_view>>;

/// Throws tokenizer-format, naming `file`, for merges of or to tokens the vocabulary lacks.
std::unique_ptr<TokenModel> make_bpe(Vocab vocab, const BpeMergeList& merges,
                                     const BpeOptions& options, const std::string& file);

/// From the `model` entry of tokenizer.json.
std::unique_ptr<TokenModel> read_bpe(const Json& node, const std::string& file);

/// Both of a line's parts. Throws tokenizer-format, naming `file` and the line's number, when there
/// are not exactly two with one space between them.
std::pair<std::string_view, std::string_view> split_merge(std::string_view line, size_t number,
                                                          const std::string& file);

}  // namespace dragoman
