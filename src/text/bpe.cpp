// Characters to symbols, merges, and back to characters.
#include "text/bpe.hpp"

#include <algorithm>
#include <array>

#include "base/utf.hpp"
#include "text/bpe_merges.hpp"
#include "text/cached_model.hpp"
#include "text/sentencepiece/spm_model.hpp"

namespace dragoman {

namespace {

constexpr char32_t kQuickChars = 0x400;  // Latin, Greek, and all of the byte-level alphabet

uint32_t utf8_length(char32_t c) {
  if (c < 0x80) return 1;
  if (c < 0x800) return 2;
  return c < 0x10000 ? 3 : 4;
}

char32_t last_char(std::string_view text) {
  size_t begin = text.size() - 1;
  while (begin > 0 && (static_cast<uint8_t>(text[begin]) & 0xC0) == 0x80) --begin;
  return next_code_point(text, begin);
}

char32_t first_char(std::string_view text) {
  size_t position = 0;
  return next_code_point(text, position);
}

class Bpe final : public CachedModel {
 public:
  Bpe(Vocab vocab, const BpeMergeList& merges, const BpeOptions& options, const std::string& file);

  const Vocab& vocab() const override { return vocab_; }
  bool begins_word(std::string_view token) const override;

 private:
  void compute(std::u32string_view word, std::vector<ModelToken>& out) const override;
  void add_merges(const BpeMergeList& merges);
  void find_safe_splits(const BpeMergeList& merges);
  std::string affixed(char32_t c, bool first, bool last) const;
  int32_t symbol_of(char32_t c, bool first, bool last) const;
  bool is_known(char32_t c) const { return symbol_of(c, true, false) >= 0; }
  bool add_bytes(std::string_view text) const;
  void start(std::u32string_view word) const;
  void merge(std::u32string_view word, uint32_t shift, std::vector<ModelToken>& out) const;
  void compute_parts(std::u32string_view word, std::vector<ModelToken>& out) const;
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kTokenizerFormat, file_ + ": " + what + ".");
  }

  Vocab vocab_;
  BpeOptions options_;
  std::string file_;
  bool has_affixes_;
  int32_t unk_id_ = -1;
  MergeTable merges_;
  std::array<int32_t, 256> bytes_;  // ids of "<0x00>" and so on
  std::array<int32_t, kQuickChars> quick_;
  bool splits_ = false;  // whether long words may be cut where `joints_` has no pair
  CharPairs joints_;
  mutable MergedWord word_;
};

Bpe::Bpe(Vocab vocab, const BpeMergeList& merges, const BpeOptions& options,
         const std::string& file)
    : vocab_(std::move(vocab)),
      options_(options),
      file_(file),
      has_affixes_(!options.continuing_subword_prefix.empty() ||
                   !options.end_of_word_suffix.empty()) {
  if (options_.unk_token) unk_id_ = vocab_.find(*options_.unk_token);
  for (size_t i = 0; i < bytes_.size(); ++i) {
    bytes_[i] = vocab_.find(byte_piece(static_cast<uint8_t>(i)));
  }
  std::string text;
  for (char32_t c = 0; c < kQuickChars; ++c) {
    text.clear();
    append_utf8(text, c);
    quick_[c] = vocab_.find(text);
  }
  add_merges(merges);
  find_safe_splits(merges);
}

void Bpe::add_merges(const BpeMergeList& merges) {
  const size_t prefix = options_.continuing_subword_prefix.size();
  for (size_t i = 0; i < merges.size(); ++i) {
    const auto [left, right] = merges[i];
    const std::string_view rest = right.substr(std::min(prefix, right.size()));
    const int32_t ids[] = {vocab_.find(left), vocab_.find(right),
                           vocab_.find(Vocab::hash(rest, Vocab::hash(left)), left, rest)};
    if (std::all_of(std::begin(ids), std::end(ids), [](int32_t id) { return id >= 0; })) {
      merges_.add(ids[0], ids[1], ids[2]);
      continue;
    }
    fail("merge " + std::to_string(i + 1) + " joins \"" + std::string(left) + "\" and \"" +
         std::string(right) + "\", but \"" +
         (ids[0] < 0   ? std::string(left)
          : ids[1] < 0 ? std::string(right)
                       : std::string(left).append(rest)) +
         "\" is not in the vocabulary");
  }
}

// Where a word is a whole text, as with Llama, it is cut where no merge joins the two characters,
// which changes nothing and makes words of it that the cache knows. This needs tokens to be the
// very characters of their text, and every character to become a token.
void Bpe::find_safe_splits(const BpeMergeList& merges) {
  const bool complete =
      options_.byte_fallback && std::find(bytes_.begin(), bytes_.end(), -1) == bytes_.end();
  splits_ = !has_affixes_ && !options_.ignore_merges && vocab_.has_distinct_ids() &&
            (complete || unk_id_ >= 0);
  for (const auto& [left, right] : merges) {
    for (const std::string_view part : {left, right}) {
      splits_ = splits_ && !part.empty() && part != options_.unk_token && piece_byte(part) < 0;
    }
    if (!splits_) return;
    joints_.add(last_char(left), first_char(right));
  }
  joints_.finish();
}

bool Bpe::begins_word(std::string_view token) const {
  const std::string& prefix = options_.continuing_subword_prefix;
  if (!prefix.empty()) return !token.starts_with(prefix);
  // The byte-level alphabet's letter for a space, and SentencePiece's.
  return token.starts_with("\xC4\xA0") || token.starts_with(kSpaceSymbol);
}

std::string Bpe::affixed(char32_t c, bool first, bool last) const {
  std::string text = first ? "" : options_.continuing_subword_prefix;
  append_utf8(text, c);
  return last ? text + options_.end_of_word_suffix : text;
}

int32_t Bpe::symbol_of(char32_t c, bool first, bool last) const {
  if (!has_affixes_ && c < kQuickChars) return quick_[c];
  return vocab_.find(affixed(c, first, last));
}

// False, and nothing added, when the vocabulary lacks one of the bytes.
bool Bpe::add_bytes(std::string_view text) const {
  const auto id_of = [this](char c) { return bytes_[static_cast<uint8_t>(c)]; };
  if (std::any_of(text.begin(), text.end(), [&](char c) { return id_of(c) < 0; })) return false;
  for (const char c : text) word_.add(id_of(c), 1);
  return true;
}

// Characters as symbols; those the vocabulary lacks become bytes, unknown tokens, or nothing.
void Bpe::start(std::u32string_view word) const {
  word_.clear();
  uint32_t unknown = 0;  // bytes of an unknown token that may still grow
  const auto flush = [&] {
    if (unknown > 0) word_.add(unk_id_, unknown);
    unknown = 0;
  };
  for (size_t i = 0; i < word.size(); ++i) {
    const bool first = i == 0;
    const bool last = i + 1 == word.size();
    const int32_t id = symbol_of(word[i], first, last);
    if (id >= 0) {
      flush();
      word_.add(id, utf8_length(word[i]));
      continue;
    }
    // An unknown token that waits comes after the bytes: the reference's order.
    if (options_.byte_fallback && add_bytes(affixed(word[i], first, last))) continue;
    if (!options_.unk_token) continue;
    if (unk_id_ < 0)
      fail("the unknown token \"" + *options_.unk_token + "\" is needed but missing");
    if (!options_.fuse_unk) flush();
    unknown += utf8_length(word[i]);
  }
  flush();
}

// Symbols count bytes; spans are the characters these lie in. `shift` is added to them.
void Bpe::merge(std::u32string_view word, uint32_t shift, std::vector<ModelToken>& out) const {
  start(word);
  word_.merge(merges_);
  size_t index = 0;
  uint32_t end = 0;       // of character `index`, in bytes
  uint32_t position = 0;  // of the next symbol, in bytes
  const auto char_at = [&](uint32_t byte) {
    if (end == 0) end = utf8_length(word[0]);
    while (byte >= end && index + 1 < word.size()) end += utf8_length(word[++index]);
    return static_cast<uint32_t>(index) + shift;
  };
  for (const MergedWord::Symbol& symbol : word_.symbols()) {
    if (symbol.bytes == 0) continue;
    const uint32_t begin = char_at(position);
    position += symbol.bytes;
    out.push_back({symbol.id, begin, char_at(position - 1) + 1});
  }
}

// A long word, cut where nothing joins it. Not before an unknown character, which may belong to an
// unknown token.
void Bpe::compute_parts(std::u32string_view word, std::vector<ModelToken>& out) const {
  size_t begin = 0;
  for (size_t i = 1; i <= word.size(); ++i) {
    if (i < word.size() && (joints_.contains(word[i - 1], word[i]) || !is_known(word[i]))) continue;
    const std::u32string_view part = word.substr(begin, i - begin);
    if (part.size() > WordCache::kMaxChars) {
      merge(part, static_cast<uint32_t>(begin), out);
    } else {
      const size_t first = out.size();
      tokenize(part, out);
      for (size_t k = first; k < out.size(); ++k) {
        out[k].begin += static_cast<uint32_t>(begin);
        out[k].end += static_cast<uint32_t>(begin);
      }
    }
    begin = i;
  }
}

void Bpe::compute(std::u32string_view word, std::vector<ModelToken>& out) const {
  if (splits_ && word.size() > WordCache::kMaxChars) return compute_parts(word, out);
  if (options_.ignore_merges) {
    const int32_t id = vocab_.find(to_utf8(word));
    if (id >= 0) return out.push_back({id, 0, static_cast<uint32_t>(word.size())});
  }
  merge(word, 0, out);
}

BpeMergeList read_merges(const Json& list, const std::string& file) {
  BpeMergeList merges;
  if (!list.is_array()) {
    throw Error(ErrorCode::kTokenizerFormat, file + ": the merges are not an array.");
  }
  const size_t count = list.size();
  merges.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Json entry = list.at(i);
    if (entry.is_string()) {
      const std::string_view line = entry.as_string();
      if (!line.starts_with("#version")) merges.push_back(split_merge(line, i + 1, file));
    } else if (entry.is_array() && entry.size() == 2) {
      merges.emplace_back(entry.at(size_t{0}).as_string(), entry.at(1).as_string());
    } else {
      throw Error(ErrorCode::kTokenizerFormat,
                  file + ": merge " + std::to_string(i + 1) + " is not a pair of tokens.");
    }
  }
  return merges;
}

}  // namespace

std::pair<std::string_view, std::string_view> split_merge(std::string_view line, size_t number,
                                                          const std::string& file) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
    throw Error(ErrorCode::kTokenizerFormat, file + ": merge " + std::to_string(number) + ", \"" +
                                                 std::string(line) +
                                                 "\", is not two tokens with a space between.");
  }
  return {line.substr(0, space), line.substr(space + 1)};
}

std::unique_ptr<TokenModel> make_bpe(Vocab vocab, const BpeMergeList& merges,
                                     const BpeOptions& options, const std::string& file) {
  return std::make_unique<Bpe>(std::move(vocab), merges, options, file);
}

std::unique_ptr<TokenModel> read_bpe(const Json& node, const std::string& file) {
  const double dropout = node.get_double("dropout", 0);
  if (dropout != 0) {
    throw Error(ErrorCode::kUnsupportedModel,
                file + ": dropout is " + std::to_string(dropout) +
                    ", so that tokens would be drawn by chance; only 0 is supported.");
  }
  BpeOptions options;
  if (node.has("unk_token")) options.unk_token = node.at("unk_token").as_string();
  options.continuing_subword_prefix = node.get_string("continuing_subword_prefix", "");
  options.end_of_word_suffix = node.get_string("end_of_word_suffix", "");
  options.fuse_unk = node.get_bool("fuse_unk", false);
  options.byte_fallback = node.get_bool("byte_fallback", false);
  options.ignore_merges = node.get_bool("ignore_merges", false);
  return make_bpe(read_vocab(node.at("vocab"), file), read_merges(node.at("merges"), file), options,
                  file);
}

}  // namespace dragoman
