// Templates of special tokens.
#include "text/post_processor.hpp"

#include <algorithm>

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

// The template's type ids replace those of the text.
void append(Encoding& out, const Encoding& text, int32_t type_id) {
  out.ids.insert(out.ids.end(), text.ids.begin(), text.ids.end());
  out.type_ids.insert(out.type_ids.end(), text.ids.size(), type_id);
  out.starts.insert(out.starts.end(), text.starts.begin(), text.starts.end());
  out.ends.insert(out.ends.end(), text.ends.begin(), text.ends.end());
  out.special.insert(out.special.end(), text.special.begin(), text.special.end());
  out.truncated = out.truncated || text.truncated;
}

}  // namespace

int PostProcessor::added(bool is_pair) const {
  const auto& pieces = is_pair ? pair : single;
  return static_cast<int>(std::count_if(pieces.begin(), pieces.end(), [](const auto& piece) {
    return piece.kind == Kind::kSpecial;
  }));
}

Encoding PostProcessor::process(const Encoding& first, const Encoding* second,
                                bool add_special_tokens) const {
  Encoding out;
  for (const TemplatePiece& piece : second != nullptr ? pair : single) {
    if (piece.kind == Kind::kFirst) {
      append(out, first, piece.type_id);
    } else if (piece.kind == Kind::kSecond) {
      if (second != nullptr) append(out, *second, piece.type_id);
    } else if (add_special_tokens) {
      out.ids.push_back(piece.id);
      out.type_ids.push_back(piece.type_id);
      out.starts.push_back(0);
      out.ends.push_back(0);
      out.special.push_back(1);
    }
  }
  return out;
}

PostProcessor plain_post_processor() {
  return {{{Kind::kFirst, 0, 0}}, {{Kind::kFirst, 0, 0}, {Kind::kSecond, 0, 1}}};
}

PostProcessor bert_post_processor(int32_t cls, int32_t sep) {
  const TemplatePiece begin{Kind::kSpecial, cls, 0};
  const TemplatePiece first{Kind::kFirst, 0, 0};
  const TemplatePiece between{Kind::kSpecial, sep, 0};
  return {{begin, first, between},
          {begin, first, between, {Kind::kSecond, 0, 1}, {Kind::kSpecial, sep, 1}}};
}

PostProcessor make_post_processor(const Json& node) {
  if (node.is_null()) return plain_post_processor();
  const std::string type = component_type(node);
  if (type == "TemplateProcessing") {
    return {read_template(node.at("single"), node), read_template(node.at("pair"), node)};
  }
  if (type == "BertProcessing") {
    return bert_post_processor(small_id(node.at("cls").at(1)), small_id(node.at("sep").at(1)));
  }
  unsupported_component("post-processor", type);
}

}  // namespace dragoman
