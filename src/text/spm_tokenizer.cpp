// Step by step as `transformers` does it.
#include "text/spm_tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"
#include "base/utf.hpp"
#include "text/decoder.hpp"
#include "text/languages.hpp"
#include "text/model.hpp"
#include "text/strings.hpp"

namespace dragoman {

namespace {

constexpr const char* kSourceFile = "source.spm";
constexpr const char* kTargetFile = "target.spm";
constexpr const char* kOnlyFile = "sentencepiece.bpe.model";

// The bytes of a file the tokenizer cannot do without.
const std::string& file_of(const TokenizerFiles& files, std::string_view name) {
  const auto found = files.find(name);
  if (found != files.end()) return found->second;
  throw Error(ErrorCode::kModelIncomplete,
              "The tokenizer needs the file " + std::string(name) + ".");
}

Vocab read_vocab_file(const TokenizerFiles& files, const std::string& name) {
  const JsonDocument document(file_of(files, name), name, ErrorCode::kTokenizerFormat);
  return read_vocab(document.root(), name);
}

void push(Encoding& out, int32_t id, uint32_t start, uint32_t end, bool special) {
  out.ids.push_back(id);
  out.starts.push_back(start);
  out.ends.push_back(end);
  out.special.push_back(special ? 1 : 0);
}

void append(Encoding& out, const Encoding& text, int32_t type_id) {
  for (size_t i = 0; i < text.ids.size(); ++i) {
    push(out, text.ids[i], text.starts[i], text.ends[i], text.special[i] != 0);
  }
  out.type_ids.insert(out.type_ids.end(), text.ids.size(), type_id);
  out.truncated = out.truncated || text.truncated;
}

uint32_t count_units(std::u32string_view text) {
  uint32_t units = 0;
  for (const char32_t c : text) units += utf16_length(c);
  return units;
}

// What Python's str.strip leaves.
std::string python_strip(const std::string& text) {
  std::u32string chars = to_utf32(text);
  size_t begin = 0;
  size_t end = chars.size();
  while (begin < end && is_python_space(chars[begin])) ++begin;
  while (end > begin && is_python_space(chars[end - 1])) --end;
  return to_utf8(std::u32string_view(chars).substr(begin, end - begin));
}

}  // namespace

SpmTokenizer::SpmTokenizer(const TokenizerFiles& files, TokenizerKind kind)
    : kind_(kind),
      config_(files),
      source_(file_of(files, is_marian() ? kSourceFile : kOnlyFile),
              is_marian() ? kSourceFile : kOnlyFile, SpmProcessor::Use::kEncode) {
  if (is_marian()) {
    target_ = std::make_unique<SpmProcessor>(file_of(files, kTargetFile), kTargetFile,
                                             SpmProcessor::Use::kDecode);
  }
  apply_class(config_, tokenizer_class(config_, is_marian() ? "marian" : "m2m_100"), true);
  load_vocab(files);
  add_tokens();
  if (is_marian()) {
    find_codes();
  } else {
    add_languages();
  }
}

// The reference refuses a vocabulary without its unknown and padding tokens as well.
void SpmTokenizer::load_vocab(const TokenizerFiles& files) {
  vocab_ = read_vocab_file(files, "vocab.json");
  separate_vocabs_ = config_.flag("separate_vocabs").value_or(false);
  if (separate_vocabs_) target_vocab_ = read_vocab_file(files, "target_vocab.json");
  unk_token_ = config_.special("unk_token");
  for (const std::string& token : {unk_token_, config_.special("pad_token")}) {
    if (vocab_.find(token) >= 0) continue;
    throw Error(ErrorCode::kTokenizerFormat,
                "vocab.json lacks the special token \"" + token + "\".");
  }
  unk_id_ = vocab_.find(unk_token_);
}

// Tokens of the files keep the ids given there; special tokens that are not among them have that
// of the vocabulary or the next free one.
void SpmTokenizer::add_tokens() {
  added_ = config_.added_tokens();
  int unknown = 0;
  for (const auto& [id, token] : added_) {
    added_ids_[token.content] = id;
    if (vocab_.find(token.content) < 0) ++unknown;
  }
  extra_ = unknown;
  for (const AddedToken& token : config_.special_tokens()) {
    special_.push_back(token.content);
    if (added_ids_.contains(token.content)) continue;
    int32_t id = vocab_.find(token.content);
    if (id < 0) id = static_cast<int32_t>(vocab_.size()) + extra_++;
    added_[id] = token;
    added_ids_[token.content] = id;
  }
  for (const auto& [content, id] : added_ids_) matcher_.add(to_utf32(content), id);
  matcher_.finish();
  eos_id_ = token_id(config_.special("eos_token"));
  if (eos_id_ < 0) {
    throw Error(ErrorCode::kTokenizerFormat, "The tokenizer has no end-of-sequence token.");
  }
}

// The codes have ids behind the vocabulary, whether or not files list them as tokens.
void SpmTokenizer::add_languages() {
  auto id = static_cast<int32_t>(vocab_.size());
  for (std::string& code : known_languages(config_, kind_)) {
    language_tokens_.push_back(language_token(kind_, code));
    languages_.push_back({std::move(code), id++});
  }
  const std::string source = config_.text("src_lang", default_language(kind_));
  for (const Language& language : languages_) {
    if (language.code == source) language_id_ = language.id;
  }
  if (language_id_ >= 0) return;
  throw Error(ErrorCode::kTokenizerFormat,
              "tokenizer_config.json: the src_lang \"" + source + "\" is not among the " +
                  std::to_string(languages_.size()) + " languages of the tokenizer.");
}

// ">>fra<<" is a language that the model translates into.
void SpmTokenizer::find_codes() {
  vocab_.each([this](std::string_view token, int32_t id) {
    if (token.size() < 5 || !token.starts_with(">>") || !token.ends_with("<<")) return;
    languages_.push_back({std::string(token.substr(2, token.size() - 4)), id});
  });
}

// Cuts at added tokens. Unlike in `tokenizers`, a single_word token counts unless a character other
// than ' ' touches it, and otherwise joins the text it touches.
std::vector<SpmTokenizer::Part> SpmTokenizer::split(std::u32string_view text) const {
  std::vector<Part> parts;
  size_t done = 0;
  for (size_t i = 0; i < text.size();) {
    const auto [length, id] = matcher_.match(text, i);
    if (length == 0) {
      ++i;
      continue;
    }
    if (done < i) parts.push_back({{done, i}, -1});
    parts.push_back({{i, i + length}, id});
    i += length;
    done = i;
  }
  if (done < text.size()) parts.push_back({{done, text.size()}, -1});
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].id < 0) continue;
    const AddedToken& token = added_.at(parts[i].id);
    Part* const left = i > 0 ? &parts[i - 1] : nullptr;
    Part* const right = i + 1 < parts.size() ? &parts[i + 1] : nullptr;
    if (token.rstrip && right != nullptr) {
      Span& span = right->span;
      while (span.begin < span.end && is_python_space(text[span.begin])) ++span.begin;
    }
    if (token.lstrip && left != nullptr) {
      Span& span = left->span;
      while (span.begin < span.end && is_python_space(text[span.end - 1])) --span.end;
    }
    if (!token.single_word) continue;
    const Span span = parts[i].span;
    if (left != nullptr && text[span.begin - 1] != ' ') {
      *left = {{left->span.begin, span.end}, -1};
      parts[i].span.begin = span.end;
    } else if (right != nullptr && text[span.end] != ' ') {
      *right = {{span.begin, right->span.end}, -1};
      parts[i].span.end = span.begin;
    }
  }
  return parts;
}

int32_t SpmTokenizer::piece_id(std::string_view piece) const {
  const int32_t id = token_id(piece);
  return id >= 0 ? id : unk_id_;
}

// @param offset  UTF-16 units before `text`
void SpmTokenizer::encode_part(std::u32string_view text, uint32_t offset, Encoding& out) const {
  // A language code is a token whatever it holds; it need not be in the vocabulary.
  if (is_marian() && text.starts_with(U">>")) {
    if (const size_t end = text.find(U"<<"); end != std::u32string_view::npos) {
      const std::u32string_view code = text.substr(0, end + 2);
      const uint32_t units = count_units(code);
      push(out, piece_id(to_utf8(code)), offset, offset + units, false);
      text.remove_prefix(code.size());
      offset += units;
    }
  }
  const std::string bytes = to_utf8(text);
  const std::vector<uint32_t> units = utf16_offsets(bytes);
  for (const SpmPiece& piece : source_.encode(bytes)) {
    push(out, piece_id(piece.text), offset + units[piece.begin], offset + units[piece.end], false);
  }
}

// Parts are converted back to UTF-8 one by one: SentencePiece sees each as a text of its own and
// puts a space before it, as the reference has it.
Encoding SpmTokenizer::encode_text(std::string_view text) const {
  Encoding out;
  const std::u32string chars = to_utf32(text);
  const std::u32string_view view = chars;
  size_t position = 0;  // characters of which `units` counts the UTF-16 length
  uint32_t units = 0;
  const auto units_before = [&](size_t index) {
    units += count_units(view.substr(position, index - position));
    position = index;
    return units;
  };
  for (const Part& part : split(view)) {
    const std::u32string_view slice = view.substr(part.span.begin, part.span.end - part.span.begin);
    if (slice.empty()) continue;
    const uint32_t start = units_before(part.span.begin);
    if (part.id >= 0) {
      push(out, part.id, start, start + count_units(slice), false);
    } else {
      encode_part(slice, start, out);
    }
  }
  return out;
}

Encoding SpmTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                              const EncodeOptions& options) const {
  Encoding first = encode_text(text);
  std::optional<Encoding> second;
  if (pair) second = encode_text(*pair);
  for (Encoding* part : {&first, second ? &*second : &first}) {
    part->type_ids.assign(part->ids.size(), 0);
  }
  // The slow tokenizers' rule, which differs from the fast ones' by one token.
  const TruncationRules rules{OddToken::kToFirst, config_.truncation_side()};
  const int added = options.add_special_tokens ? special_tokens(second.has_value()) : 0;
  truncate(first, second ? &*second : nullptr, added, options, rules);
  Encoding out;
  if (options.add_special_tokens && !is_marian()) {
    push(out, options.language.value_or(language_id_), 0, 0, true);
    out.type_ids.push_back(0);
  }
  append(out, first, 0);
  if (second) append(out, *second, 1);
  if (options.add_special_tokens) {
    push(out, eos_id_, 0, 0, true);
    out.type_ids.push_back(second ? 1 : 0);
  }
  return out;
}

bool SpmTokenizer::is_special(std::string_view token) const {
  return std::find(special_.begin(), special_.end(), token) != special_.end();
}

// Whether decoding keeps `token` apart from its neighbours: added tokens that are not special, and
// additional special ones outside the vocabulary.
bool SpmTokenizer::is_separate(std::string_view token) const {
  const auto added = added_ids_.find(token);
  if (added == added_ids_.end()) return false;
  if (!is_special(token)) return true;
  const auto& additional = config_.additional();
  return added->second >= static_cast<int32_t>(vocab_.size()) &&
         std::find(additional.begin(), additional.end(), token) != additional.end();
}

std::string_view SpmTokenizer::token_of(int32_t id) const {
  const auto added = added_.find(id);
  if (added != added_.end()) return added->second.content;
  const size_t index = static_cast<size_t>(id) - vocab_.size();
  if (id >= 0 && index < language_tokens_.size()) return language_tokens_[index];
  return (separate_vocabs_ ? target_vocab_ : vocab_).token(id).value_or(unk_token_);
}

std::string SpmTokenizer::join(std::vector<std::string> tokens) const {
  return join_views({tokens.begin(), tokens.end()});
}

// Special tokens are kept from SentencePiece, which would take them for text.
std::string SpmTokenizer::join_views(const std::vector<std::string_view>& tokens) const {
  std::string out;
  std::vector<std::string_view> pieces;
  for (const std::string_view token : tokens) {
    if (!is_special(token)) {
      pieces.push_back(token);
      continue;
    }
    out.append(decoder().decode(pieces)).append(token).append(is_marian() ? " " : "");
    pieces.clear();
  }
  out += decoder().decode(pieces);
  if (is_marian()) out = replace_all(std::move(out), kSpaceSymbol, " ");
  return python_strip(out);
}

// Stretches of ordinary tokens are joined by SentencePiece; separate tokens stand between them with
// spaces around.
std::string SpmTokenizer::decode(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> texts;
  std::vector<std::string_view> current;
  const auto flush = [&](bool keep_empty) {
    if (current.empty()) return;
    std::string text = join_views(current);
    if (keep_empty || !text.empty()) texts.push_back(std::move(text));
    current.clear();
  };
  for (const int32_t id : ids) {
    const std::string_view token = token_of(id);
    if (skip_special_tokens && is_special(token)) continue;
    if (is_separate(token)) {
      flush(false);
      texts.emplace_back(token);
    } else {
      current.push_back(token);
    }
  }
  flush(true);
  std::string out;
  for (size_t i = 0; i < texts.size(); ++i) out.append(i == 0 ? "" : " ").append(texts[i]);
  const bool clean = config_.flag("clean_up_tokenization_spaces").value_or(false);
  return clean ? clean_up_tokenization(std::move(out)) : out;
}

int SpmTokenizer::vocab_size() const {
  return static_cast<int>(vocab_.size()) + extra_;
}

int32_t SpmTokenizer::token_id(std::string_view token) const {
  const auto added = added_ids_.find(token);
  if (added != added_ids_.end()) return added->second;
  for (size_t i = 0; i < language_tokens_.size(); ++i) {
    if (language_tokens_[i] == token) return languages_[i].id;
  }
  return vocab_.find(token);
}

bool SpmTokenizer::begins_word(const Encoding& encoding, size_t index) const {
  const int32_t id = encoding.ids[index];
  if (added_.contains(id) && id != unk_id_) return true;
  // Source tokens: with separate vocabularies their ids are not the target's.
  return vocab_.token(id).value_or("").starts_with(kSpaceSymbol);
}

}  // namespace dragoman
