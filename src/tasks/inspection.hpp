// What a request may ask to see of the inside of the encoder: attentions and hidden states, with
// the tokens they belong to.
#pragma once

#include <vector>

#include "tasks/attachments.hpp"
#include "tasks/encoder_job.hpp"
#include "tasks/encoder_options.hpp"

namespace dragoman {

class Inspection {
 public:
  Inspection(InspectionOptions options, size_t inputs)
      : options_(options), entries_(any() ? inputs : 0) {}
  bool any() const { return options_.output_attentions || options_.output_hidden_states; }
  PassOptions pass_options() const {
    return {options_.output_attentions, options_.output_hidden_states};
  }
  /// Keeps the tokens of an input. Does nothing unless something was asked for, as the others.
  void keep_tokens(size_t input, const Encoding& encoding);
  void collect(const PassedSequence& passed, const TransformerConfig& config);
  /// Writes the members "tokens", [{"token", "token_str", "start", "end"}] with "pair" in those of
  /// the second text, "attentions", a tensor [heads, tokens, tokens] for each layer, and
  /// "hidden_states", a tensor [tokens, hidden_size] for what enters the first layer and what
  /// leaves each.
  void write(JsonWriter& writer, Attachments& attachments, size_t input,
             const Tokenizer& tokenizer) const;

 private:
  struct Entry {
    Encoding tokens;
    std::vector<std::vector<float>> attentions;
    std::vector<std::vector<float>> hidden_states;
  };
  void write_tokens(JsonWriter& writer, const Encoding& tokens, const Tokenizer& tokenizer) const;

  InspectionOptions options_;
  std::vector<Entry> entries_;
};

}  // namespace dragoman
