// Copying out of passes what was asked for.
#include "tasks/inspection.hpp"

#include <algorithm>

namespace dragoman {

namespace {

std::vector<float> copy_rows(View<const float> view, int first, int count) {
  const float* begin = view.row(first);
  return {begin, begin + static_cast<size_t>(count) * static_cast<size_t>(view.cols)};
}

}  // namespace

void Inspection::keep_tokens(size_t input, const Encoding& encoding) {
  if (any()) entries_[input].tokens = encoding;
}

void Inspection::collect(const PassedSequence& passed, const TransformerConfig& config) {
  if (!any()) return;
  Entry& entry = entries_[passed.sequence.input];
  const int tokens = static_cast<int>(passed.sequence.ids.size());
  const int layers = config.encoder.layers;
  for (int layer = 0; options_.output_attentions && layer < layers; ++layer) {
    const View<const float> weights = passed.pass.attentions(passed.index, layer);
    entry.attentions.push_back(copy_rows(weights, 0, weights.rows));
  }
  for (int layer = 0; options_.output_hidden_states && layer <= layers; ++layer) {
    entry.hidden_states.push_back(
        copy_rows(passed.pass.hidden_states(layer), passed.first_token, tokens));
  }
}

void Inspection::write_tokens(JsonWriter& writer, const Encoding& tokens,
                              const Tokenizer& tokenizer) const {
  writer.begin_array();
  bool second = false;
  for (size_t i = 0; i < tokens.ids.size(); ++i) {
    // Special tokens end a text, but for the one that a sequence may begin with.
    second = second || (i > 0 && tokens.special[i] != 0);
    writer.begin_object();
    writer.key("token");
    writer.integer(tokens.ids[i]);
    writer.key("token_str");
    writer.string(tokenizer.decode({&tokens.ids[i], 1}, false));
    writer.key("start");
    writer.integer(tokens.starts[i]);
    writer.key("end");
    writer.integer(tokens.ends[i]);
    if (second && tokens.special[i] == 0) {
      writer.key("pair");
      writer.boolean(true);
    }
    writer.end_object();
  }
  writer.end_array();
}

void Inspection::write(JsonWriter& writer, Attachments& attachments, size_t input,
                       const Tokenizer& tokenizer) const {
  if (!any()) return;
  const Entry& entry = entries_[input];
  const size_t tokens = entry.tokens.ids.size();
  writer.key("tokens");
  write_tokens(writer, entry.tokens, tokenizer);
  if (options_.output_attentions) {
    writer.key("attentions");
    writer.begin_array();
    for (const std::vector<float>& layer : entry.attentions) {
      attachments.write(writer, {layer.size() / (tokens * tokens), tokens, tokens}, layer);
    }
    writer.end_array();
  }
  if (options_.output_hidden_states) {
    writer.key("hidden_states");
    writer.begin_array();
    for (const std::vector<float>& layer : entry.hidden_states) {
      attachments.write(writer, {tokens, layer.size() / tokens}, layer);
    }
    writer.end_array();
  }
}

}  // namespace dragoman
