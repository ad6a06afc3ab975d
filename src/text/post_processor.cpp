// Templates of special tokens.
#include "text/post_processor.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "text/components.hpp"

namespace dragoman {

namespace {

using Kind = TemplatePiece::Kind;

// Ids and type ids alike.
int32_t small_id(const Json& value) {
  const int64_t id = value.as_int();
  if (id < 0 || id > INT32_MAX) {
    throw Error(ErrorCode::kTokenizerFormat, "tokenizer.json: the post-processor's id " +
                                                 std::to_string(id) + " is out of range.");
  }
  return static_cast<int32_t>(id);
}

// One list of a TemplateProcessing: {"SpecialToken": {id, type_id}} or {"Sequence": ...}. A
// special token's name stands for one or more ids.
std::vector<TemplatePiece> read_template(const Json& list, const Json& node) {
  std::vector<TemplatePiece> pieces;
  for (size_t i = 0; i < list.size(); ++i) {
    const Json entry = list.at(i);
    const bool is_sequence = entry.has("Sequence");
    const Json piece = is_sequence ? entry.at("Sequence") : entry.at("SpecialToken");
    const int32_t type_id = small_id(piece.at("type_id"));
    const std::string_view name = piece.at("id").as_string();
    if (is_sequence) {
      pieces.push_back({name == "A" ? Kind::kFirst : Kind::kSecond, 0, type_id});
      continue;
    }
    const Json ids = node.at("special_tokens").at(name).at("ids");
    for (size_t k = 0; k < ids.size(); ++k) {
      pieces.push_back({Kind::kSpecial, small_id(ids.at(k)), type_id});
    }
  }
  return pieces;
}

template <typename T>
void append_all(std::vector<T>& out, const std::vector<T>& more) {
  out.insert(out.end(), more.begin(), more.end());
}

void reserve(Encoding& out, size_t tokens) {
  for (auto* numbers : {&out.ids, &out.type_ids, &out.words}) numbers->reserve(tokens);
  for (auto* offsets : {&out.starts, &out.ends}) offsets->reserve(tokens);
  out.special.reserve(tokens);
  out.texts.reserve(tokens);
}

// The template's type ids replace those of the text.
// @param index  of the text, 0 or 1
void append(Encoding& out, const Encoding& text, int32_t type_id, int8_t index) {
  append_all(out.ids, text.ids);
  out.type_ids.insert(out.type_ids.end(), text.ids.size(), type_id);
  append_all(out.starts, text.starts);
  append_all(out.ends, text.ends);
  append_all(out.special, text.special);
  append_all(out.words, text.words);
  out.texts.insert(out.texts.end(), text.ids.size(), index);
  out.truncated = out.truncated || text.truncated;
}

}  // namespace

void PostProcessor::mark_language(int32_t id) {
  for (auto* pieces : {&single, &pair}) {
    for (TemplatePiece& piece : *pieces) {
      if (piece.kind == Kind::kSpecial && piece.id == id) piece.language = true;
    }
  }
}

int PostProcessor::added(bool is_pair) const {
  const auto& pieces = is_pair ? pair : single;
  return static_cast<int>(std::count_if(pieces.begin(), pieces.end(), [](const auto& piece) {
    return piece.kind == Kind::kSpecial;
  }));
}

// @param windows  whether the first and the second text are windows of what was cut
Encoding PostProcessor::assemble(const Encoding* first, const Encoding* second,
                                 std::pair<bool, bool> windows,
                                 const EncodeOptions& options) const {
  std::optional<Encoding> trimmed[2];  // what is not trimmed is not copied
  if (trims) {
    first = &trimmed[0].emplace(*first);
    trim(*trimmed[0]);
    if (second != nullptr) {
      second = &trimmed[1].emplace(*second);
      trim(*trimmed[1]);
    }
  }
  Encoding out;
  const auto& pieces = second != nullptr ? pair : single;
  reserve(out, first->ids.size() + (second != nullptr ? second->ids.size() : 0) + pieces.size());
  for (const TemplatePiece& piece : pieces) {
    if (piece.kind != Kind::kSpecial) {
      const bool is_second = piece.kind == Kind::kSecond;
      // Of windows the reference forgets to set the types.
      const bool forgotten = (is_second ? windows.second : windows.first) &&
                             !(types_windows && options.add_special_tokens);
      const int32_t type = forgotten ? (is_second ? 1 : 0) : piece.type_id;
      if (!is_second) append(out, *first, type, 0);
      if (is_second && second != nullptr) append(out, *second, type, 1);
    } else if (options.add_special_tokens) {
      out.ids.push_back(piece.language ? options.language.value_or(piece.id) : piece.id);
      out.type_ids.push_back(piece.type_id);
      out.starts.push_back(0);
      out.ends.push_back(0);
      out.special.push_back(1);
      out.words.push_back(-1);
      out.texts.push_back(-1);
    }
  }
  return out;
}

Encoding PostProcessor::process(const Encoding& first, const Encoding* second,
                                const EncodeOptions& options) const {
  Encoding out = assemble(&first, second, {false, false}, options);
  const auto add = [&](const Encoding& a, const Encoding* b) {
    out.overflow.push_back(assemble(&a, b, {&a != &first, b != second}, options));
  };
  for (const Encoding& window : first.overflow) {
    add(window, second);
    if (second == nullptr) continue;
    for (const Encoding& other : second->overflow) add(window, &other);
  }
  if (second == nullptr) return out;
  for (const Encoding& other : second->overflow) add(first, &other);
  return out;
}

// As `tokenizers` does it, which takes any token at offset 0 for the first one.
void PostProcessor::trim(Encoding& text) const {
  for (size_t i = 0; i < text.ids.size(); ++i) {
    auto [before, after] = text.white[i];
    uint32_t& start = text.starts[i];
    uint32_t& end = text.ends[i];
    if (before > 0) {
      // One space was put in; more were in the text.
      if (before == 1 && prefixed && (i == 0 || start == 0)) before = 0;
      start = std::min(start + before, end);
    }
    if (after > 0 && end >= after) end = std::max(end - after, start);
  }
}

PostProcessor plain_post_processor() {
  PostProcessor result;
  result.single = {{Kind::kFirst, 0, 0}};
  result.pair = {{Kind::kFirst, 0, 0}, {Kind::kSecond, 0, 1}};
  return result;
}

PostProcessor bert_post_processor(int32_t cls, int32_t sep) {
  const TemplatePiece begin{Kind::kSpecial, cls, 0};
  const TemplatePiece first{Kind::kFirst, 0, 0};
  const TemplatePiece between{Kind::kSpecial, sep, 0};
  PostProcessor result;
  result.single = {begin, first, between};
  result.pair = {begin, first, between, {Kind::kSecond, 0, 1}, {Kind::kSpecial, sep, 1}};
  return result;
}

PostProcessor surrounded(const std::vector<int32_t>& before, const std::vector<int32_t>& after,
                         const std::pair<std::vector<int32_t>, std::vector<int32_t>>& middle,
                         int32_t second_type) {
  PostProcessor result;
  const auto add = [](std::vector<TemplatePiece>& out, const std::vector<int32_t>& ids,
                      int32_t type) {
    for (const int32_t id : ids) out.push_back({Kind::kSpecial, id, type});
  };
  add(result.single, before, 0);
  result.single.push_back({Kind::kFirst, 0, 0});
  result.pair = result.single;
  add(result.single, after, 0);
  add(result.pair, middle.first, 0);
  add(result.pair, middle.second, second_type);
  result.pair.push_back({Kind::kSecond, 0, second_type});
  add(result.pair, after, second_type);
  return result;
}

PostProcessor roberta_post_processor(int32_t cls, int32_t sep) {
  const TemplatePiece begin{Kind::kSpecial, cls, 0};
  const TemplatePiece first{Kind::kFirst, 0, 0};
  const TemplatePiece end{Kind::kSpecial, sep, 0};
  PostProcessor result;
  result.single = {begin, first, end};
  result.pair = {begin, first, end, end, {Kind::kSecond, 0, 0}, end};
  result.types_windows = true;
  return result;
}

namespace {

// One after the other: one that puts special tokens in, and one that trims spans.
PostProcessor post_processor_sequence(const Json& list) {
  PostProcessor result = plain_post_processor();
  int templates = 0;
  int trimming = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const Json entry = list.at(i);
    PostProcessor part = make_post_processor(entry);
    trimming += part.trims ? 1 : 0;
    const bool trims = result.trims || part.trims;
    const bool prefixed = part.trims ? part.prefixed : result.prefixed;
    if (component_type(entry) != "ByteLevel") {
      ++templates;
      result = std::move(part);
    }
    result.trims = trims;
    result.prefixed = prefixed;
  }
  if (templates > 1 || trimming > 1) unsupported_component("post-processor", "Sequence of several");
  return result;
}

}  // namespace

PostProcessor make_post_processor(const Json& node) {
  if (node.is_null()) return plain_post_processor();
  const std::string type = component_type(node);
  PostProcessor result = plain_post_processor();
  if (type == "TemplateProcessing") {
    result.single = read_template(node.at("single"), node);
    result.pair = read_template(node.at("pair"), node);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    const int32_t cls = small_id(node.at("cls").at(1));
    const int32_t sep = small_id(node.at("sep").at(1));
    const bool bert = type == "BertProcessing";
    result = bert ? bert_post_processor(cls, sep) : roberta_post_processor(cls, sep);
  } else if (type == "Sequence") {
    return post_processor_sequence(node.at("processors"));
  } else if (type != "ByteLevel") {
    unsupported_component("post-processor", type);
  }
  if (type == "RobertaProcessing" || type == "ByteLevel") {
    result.trims = node.get_bool("trim_offsets", true);
    result.prefixed = node.get_bool("add_prefix_space", true);
  }
  return result;
}

}  // namespace dragoman
