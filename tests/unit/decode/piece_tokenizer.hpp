// A tokenizer of golden files: what each token adds to a text, and nothing else.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "text/tokenizer.hpp"

namespace dragoman::test {

class PieceTokenizer final : public Tokenizer {
 public:
  /// @param pieces  of the ids from 0; they begin anew for further ids
  explicit PieceTokenizer(Json pieces) {
    for (size_t i = 0; i < pieces.size(); ++i) pieces_.emplace_back(pieces.at(i).as_string());
  }
  Encoding encode(std::string_view text, std::optional<std::string_view>,
                  const EncodeOptions&) const override {
    anchor_ = text;
    Encoding encoding;
    encoding.ids = {kAnchor};
    return encoding;
  }
  std::string decode(std::span<const int32_t> ids, bool) const override {
    std::string text;
    for (const int32_t id : ids) text += token(id);
    return text;
  }
  int vocab_size() const override { return 1 << 20; }
  int32_t token_id(std::string_view) const override { return -1; }
  std::string token(int32_t id) const override {
    return id == kAnchor ? anchor_ : pieces_[static_cast<size_t>(id) % pieces_.size()];
  }
  std::string join(std::vector<std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
  }
  bool marks_subwords() const override { return false; }
  int special_tokens(bool) const override { return 0; }
  bool begins_word(const Encoding&, size_t) const override { return true; }

 private:
  static constexpr int32_t kAnchor = -1;
  std::vector<std::string> pieces_;
  mutable std::string anchor_;
};

}  // namespace dragoman::test
