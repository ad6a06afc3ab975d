// Words and groups of tokens with one label each.
#include "tasks/entities.hpp"

#include <algorithm>
#include <utility>

#include "kernels/rows.hpp"

namespace dragoman {

namespace {

std::string joined(const Tokenizer& tokenizer, std::span<const Entity> parts) {
  std::vector<std::string> words;
  for (const Entity& part : parts) words.push_back(part.word);
  return tokenizer.join(std::move(words));
}

// A label without B- or I-, and whether it begins an entity.
struct Tag {
  std::string_view name;
  bool begins = false;
};
Tag tag_of(std::string_view label) {
  const bool begins = label.starts_with("B-");
  if (!begins && !label.starts_with("I-")) return {label, false};
  return {label.substr(2), begins};
}

size_t best(std::span<const float> scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

std::vector<float> mean_scores(std::span<const ScoredToken> word) {
  std::vector<float> sums(word[0].scores.size());
  for (const ScoredToken& token : word) add(token.scores, sums);
  for (float& sum : sums) sum /= static_cast<float>(word.size());
  return sums;
}

Entity entity_of_word(std::span<const ScoredToken> word, const std::vector<std::string>& labels,
                      Aggregation strategy, const Tokenizer& tokenizer) {
  const auto surest = [](const ScoredToken& token) { return token.scores[best(token.scores)]; };
  std::span<const float> scores = word[0].scores;
  std::vector<float> means;
  if (strategy == Aggregation::kAverage) {
    means = mean_scores(word);
    scores = means;
  } else if (strategy == Aggregation::kMax) {
    scores = std::max_element(word.begin(), word.end(), [&](const auto& a, const auto& b) {
               return surest(a) < surest(b);
             })->scores;
  }
  std::vector<std::string> spelt;
  for (const ScoredToken& token : word) spelt.push_back(token.word);
  const size_t label = best(scores);
  return {labels[label],      scores[label],   tokenizer.join(std::move(spelt)),
          word.front().start, word.back().end, 0};
}

// Each token by itself, or with the strategies for words each word.
std::vector<Entity> units_of(std::span<const ScoredToken> tokens,
                             const std::vector<std::string>& labels, Aggregation strategy,
                             const Tokenizer& tokenizer) {
  std::vector<Entity> units;
  const bool single = strategy == Aggregation::kNone || strategy == Aggregation::kSimple;
  for (size_t begin = 0; begin < tokens.size();) {
    size_t end = begin + 1;
    if (single) {
      const ScoredToken& token = tokens[begin];
      const size_t label = best(token.scores);
      units.push_back(
          {labels[label], token.scores[label], token.word, token.start, token.end, token.index});
    } else {
      while (end < tokens.size() && tokens[end].subword) ++end;
      units.push_back(
          entity_of_word(tokens.subspan(begin, end - begin), labels, strategy, tokenizer));
    }
    begin = end;
  }
  return units;
}

Entity joined_entity(std::span<const Entity> parts, const Tokenizer& tokenizer) {
  const std::string& label = parts[0].label;
  const size_t dash = label.find('-');
  float sum = 0.0F;
  for (const Entity& part : parts) sum += part.score;
  return {dash == std::string::npos ? label : label.substr(dash + 1),
          sum / static_cast<float>(parts.size()),
          joined(tokenizer, parts),
          parts.front().start,
          parts.back().end,
          0};
}

}  // namespace

std::vector<Entity> entities_of(const std::vector<ScoredToken>& tokens,
                                const std::vector<std::string>& labels, Aggregation strategy,
                                const Tokenizer& tokenizer) {
  std::vector<Entity> units = units_of(tokens, labels, strategy, tokenizer);
  if (strategy == Aggregation::kNone) return units;
  std::vector<Entity> entities;
  const std::span<const Entity> all(units);
  for (size_t begin = 0; begin < all.size();) {
    const std::string_view name = tag_of(all[begin].label).name;
    size_t end = begin + 1;
    for (; end < all.size(); ++end) {
      const Tag tag = tag_of(all[end].label);
      if (tag.name != name || tag.begins) break;
    }
    entities.push_back(joined_entity(all.subspan(begin, end - begin), tokenizer));
    begin = end;
  }
  return entities;
}

std::vector<Entity> without_overlaps(std::vector<Entity> entities) {
  std::stable_sort(entities.begin(), entities.end(),
                   [](const Entity& a, const Entity& b) { return a.start < b.start; });
  std::vector<Entity> kept;
  for (Entity& entity : entities) {
    if (kept.empty() || entity.start >= kept.back().end) {
      kept.push_back(std::move(entity));
      continue;
    }
    const uint32_t length = entity.end - entity.start;
    const uint32_t before = kept.back().end - kept.back().start;
    const bool surer = length == before && entity.score > kept.back().score;
    if (length > before || surer) kept.back() = std::move(entity);
  }
  return kept;
}

}  // namespace dragoman
