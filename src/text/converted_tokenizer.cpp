// The stages that convert_slow_tokenizer.py of `transformers` 4.57 puts together, class by class,
// in the words of tokenizer.json.
#include "text/converted_tokenizer.hpp"

#include <utility>

#include "text/bpe.hpp"
#include "text/class_rules.hpp"
#include "text/components.hpp"
#include "text/sentencepiece/spm_model.hpp"
#include "text/spm_conversion.hpp"

namespace dragoman {

namespace {

using Kind = TokenizerKind;

constexpr const char* kVocabFile = "vocab.json";
constexpr const char* kMergesFile = "merges.txt";

const std::string& file_of(const TokenizerFiles& files, std::string_view name) {
  const auto found = files.find(name);
  if (found != files.end()) return found->second;
  throw Error(
      ErrorCode::kModelIncomplete,
      "The model has no tokenizer: neither tokenizer.json nor " + std::string(name) + " is there.");
}

// --- Byte-level
// -----------------------------------------------------------------------------------

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  return line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin);
}

// GPT-2's reader takes the first line for a comment whatever it is, and drops what follows the last
// line feed; Qwen's leaves out empty lines and a first line that says so. Of equal merges the first
// counts.
BpeMergeList read_merge_lines(std::string_view text, bool qwen) {
  BpeMergeList merges;
  Vocab seen;
  size_t number = 0;
  for (size_t begin = 0; begin < text.size(); ++number) {
    const size_t end = text.find('\n', begin);
    if (end == std::string_view::npos && !qwen) break;
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    begin = end == std::string_view::npos ? text.size() : end + 1;
    if (qwen ? line.empty() || (number == 0 && line.starts_with("#version:")) : number == 0) {
      continue;
    }
    if (seen.find(line) >= 0) continue;
    seen.add(line, 0);
    merges.push_back(split_merge(line, number + 1, kMergesFile));
  }
  return merges;
}

std::unique_ptr<TokenModel> byte_level_model(const TokenizerFiles& files, Kind kind) {
  const JsonDocument vocab(file_of(files, kVocabFile), kVocabFile, ErrorCode::kTokenizerFormat);
  const BpeMergeList merges = read_merge_lines(file_of(files, kMergesFile), kind == Kind::kQwen2);
  return make_bpe(read_vocab(vocab.root(), kVocabFile), merges, {}, kMergesFile);
}

constexpr std::string_view kByteLevelStages = R"({"decoder": {"type": "ByteLevel"},
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}})";

constexpr std::string_view kQwenStages = R"({"decoder": {"type": "ByteLevel"},
  "normalizer": [{"type": "NFC"}],
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|)"
                                         R"([^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|)"
                                         R"( ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|)"
                                         R"(\\s+(?!\\S)|\\s+"}},
    {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}})";

// --- SentencePiece
// --------------------------------------------------------------------------------

// How a class treats the space before a text, by the settings of T5 and Llama.
struct SpaceRules {
  bool prefix = true;
  bool legacy = true;

  SpaceRules(const PretrainedConfig& config, Kind kind) {
    if (kind != Kind::kT5 && kind != Kind::kLlama) return;
    prefix = config.flag("add_prefix_space").value_or(!config.is_null("add_prefix_space"));
    legacy = config.flag("legacy").value_or(true);
  }
  std::string_view scheme() const { return !prefix ? "never" : legacy ? "always" : "first"; }
};

// Normalisers, with one that stands for the file's own map.
std::string normalizers(const PretrainedConfig& config, Kind kind, const SpaceRules& space) {
  constexpr std::string_view kOneSpace =
      R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}])";
  constexpr std::string_view kMap = R"({"type": "Precompiled"}, )";
  std::string list = "[";
  switch (kind) {
    case Kind::kAlbert:
      list += R"({"type": "Replace", "pattern": {"String": "``"}, "content": "\""},
                 {"type": "Replace", "pattern": {"String": "''"}, "content": "\""}, )";
      if (!config.flag("keep_accents").value_or(false)) {
        list += R"({"type": "NFKD"}, {"type": "StripAccents"}, )";
      }
      if (config.flag("do_lower_case").value_or(true)) list += R"({"type": "Lowercase"}, )";
      return list.append(kMap).append(kOneSpace);
    case Kind::kDebertaV2:
      if (config.flag("do_lower_case").value_or(false)) list += R"({"type": "Lowercase"}, )";
      list += R"({"type": "Strip", "strip_left": true, "strip_right": true}, )";
      return list.append(kMap).append(kOneSpace);
    case Kind::kLlama:
      if (!space.legacy) return "[]";
      if (space.prefix) list += R"({"type": "Prepend", "prepend": "▁"}, )";
      [[fallthrough]];
    case Kind::kGemma:
      return list + R"({"type": "Replace", "pattern": {"String": " "}, "content": "▁"}])";
    default:
      return list.append(kMap) + R"({"type": "Strip", "strip_left": false, "strip_right": true},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}])";
  }
}

std::string spm_stages(const PretrainedConfig& config, Kind kind) {
  const SpaceRules space(config, kind);
  const std::string metaspace = R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": ")" +
                                std::string(space.scheme()) + '"';
  std::string words = metaspace + "}";
  std::string decoder = words;
  if (kind == Kind::kPegasus) {
    words =
        R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, )" + words + "]}";
  }
  if (kind == Kind::kDebertaV2 && config.flag("split_by_punct").value_or(false)) {
    words = R"({"type": "Sequence", "pretokenizers": [{"type": "Punctuation"}, )" + words + "]}";
  }
  if (kind == Kind::kLlama) words = space.legacy ? "null" : metaspace + R"(, "split": false})";
  if (kind == Kind::kGemma) {
    words = R"({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious"})";
  }
  if (kind == Kind::kLlama || kind == Kind::kGemma) {
    decoder = R"({"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
      {"type": "ByteFallback"}, {"type": "Fuse"})";
    if (kind == Kind::kLlama && space.prefix) {
      decoder += R"(, {"type": "Strip", "content": " ", "start": 1, "stop": 0})";
    }
    decoder += "]}";
  }
  return R"({"normalizer": )" + normalizers(config, kind, space) + R"(, "pre_tokenizer": )" +
         words + R"(, "decoder": )" + decoder + "}";
}

// --- Both
// -----------------------------------------------------------------------------------------

// The template of special tokens, but for classes whose rules make one anyway. The names are the
// converters' own, whatever the files call these tokens.
PostProcessor converted_template(const PretrainedConfig& config, Kind kind,
                                 const TokenizerStages& stages) {
  const auto id = [&stages](std::string_view token) { return require_token(stages, token); };
  switch (kind) {
    case Kind::kAlbert:
    case Kind::kDebertaV2:
      return bert_post_processor(id("[CLS]"), id("[SEP]"));
    case Kind::kXlmRoberta:
    case Kind::kCamembert:
      return surrounded({id("<s>")}, {id("</s>")}, {{id("</s>"), id("</s>")}, {}}, 0);
    case Kind::kT5:
      return surrounded({}, {id("</s>")}, {{id("</s>")}, {}}, 0);
    case Kind::kPegasus:
      return surrounded({}, {1}, {}, 0);  // its class puts the end token there
    case Kind::kRoberta: {
      PostProcessor result =
          roberta_post_processor(id(config.special("cls_token")), id(config.special("sep_token")));
      result.trims = config.flag("trim_offsets").value_or(true);
      result.prefixed = config.flag("add_prefix_space").value_or(false);
      return result;
    }
    case Kind::kGpt2:
      if (!config.flag("add_bos_token").value_or(false)) return plain_post_processor();
      return surrounded({id(config.special("bos_token"))}, {}, {}, 1);
    default:
      return plain_post_processor();
  }
}

std::unique_ptr<Normalizer> read_normalizers(const Json& list, const SpmModel& spm) {
  std::vector<std::unique_ptr<Normalizer>> parts;
  for (size_t i = 0; i < list.size(); ++i) {
    const bool map = component_type(list.at(i)) == "Precompiled";
    if (map && spm.normalizer.charsmap.empty()) continue;
    parts.push_back(map ? make_precompiled(spm.normalizer.charsmap, spm.file)
                        : make_normalizer(list.at(i)));
  }
  return make_sequence(std::move(parts));
}

}  // namespace

bool is_convertible(TokenizerKind kind) {
  return kind >= Kind::kGpt2 && kind <= Kind::kNllb;
}

std::unique_ptr<Tokenizer> convert_tokenizer(const TokenizerFiles& files,
                                             const TokenizerClass& kind) {
  PretrainedConfig config(files);
  apply_class(config, kind, true);
  const bool byte_level = kind.file == kVocabFile;
  const std::string text(byte_level ? (kind.kind == Kind::kQwen2 ? kQwenStages : kByteLevelStages)
                                    : spm_stages(config, kind.kind));
  const JsonDocument document(text, "the stages of the class", ErrorCode::kInternal);
  const Json root = document.root();
  TokenizerStages stages;
  SpmModel spm;
  if (byte_level) {
    stages.model = byte_level_model(files, kind.kind);
  } else {
    spm = SpmModel::parse(file_of(files, kind.file), std::string(kind.file));
    stages.model = convert_pieces(spm, config, kind.kind);
    stages.added.add(added_pieces(spm, kind.kind), stages.model->vocab());
  }
  if (root.has("normalizer")) stages.normalizer = read_normalizers(root.at("normalizer"), spm);
  if (root.has("pre_tokenizer"))
    stages.pre_tokenizer = make_pre_tokenizer(root.at("pre_tokenizer"));
  if (byte_level && kind.kind != Kind::kQwen2) {
    stages.pre_tokenizer = make_byte_level(config.flag("add_prefix_space").value_or(false), true);
  }
  stages.decoder = make_decoder(root.at("decoder"));
  add_configured(config, stages);
  stages.post_processor = converted_template(config, kind.kind, stages);
  return finish_tokenizer(config, kind, std::move(stages), false);
}

}  // namespace dragoman
