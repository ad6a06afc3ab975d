// A window over the end of the text, as long as the longest stop string.
#include "decode/stop_strings.hpp"

#include <algorithm>
#include <utility>

#include "base/utf.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kAnchor = "abcdef";

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (size_t position = 0; position < text.size(); ++count) next_code_point(text, position);
  return count;
}

}  // namespace

StopStrings::StopStrings(std::vector<std::string> texts, Piece piece)
    : texts_(std::move(texts)), make_piece_(std::move(piece)) {
  for (const std::string& text : texts_) {
    longest_ = std::max(longest_, text.size());
    most_tokens_ = std::max(most_tokens_, count_code_points(text));
  }
}

const std::string& StopStrings::piece(int32_t token) const {
  const auto found = pieces_.find(token);
  if (found != pieces_.end()) return found->second;
  return pieces_.emplace(token, make_piece_(token)).first->second;
}

// As Python does, looks at one token for every character of the longest stop string.
bool StopStrings::completes(std::span<const int32_t> ids, int32_t next) const {
  const std::string& last = piece(next);
  if (last.empty()) return false;
  text_ = last;
  const size_t tokens = std::min(ids.size(), most_tokens_ - 1);
  for (size_t i = 0; i < tokens && text_.size() < last.size() + longest_ - 1; ++i) {
    text_.insert(0, piece(ids[ids.size() - 1 - i]));
  }
  const size_t before = text_.size() - last.size();
  return std::any_of(texts_.begin(), texts_.end(), [&](const std::string& stop) {
    const size_t first = before + 1 > stop.size() ? before + 1 - stop.size() : 0;
    return text_.find(stop, first) != std::string::npos;
  });
}

StopStrings::Piece pieces_of(const Tokenizer& tokenizer) {
  EncodeOptions plain;
  plain.add_special_tokens = false;
  std::vector<std::string> anchor;
  for (const int32_t id : tokenizer.encode(kAnchor, std::nullopt, plain).ids) {
    anchor.push_back(tokenizer.token(id));
  }
  return [&tokenizer, anchor](int32_t token) {
    std::vector<std::string> tokens = anchor;
    tokens.push_back(tokenizer.token(token));
    const std::string text = tokenizer.join(std::move(tokens));
    const size_t place = text.find(kAnchor);
    return place == std::string::npos ? std::string() : text.substr(place + kAnchor.size());
  };
}

}  // namespace dragoman
