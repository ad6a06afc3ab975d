// Names of options: those that are refused unless they change nothing, and near misses.
#include "tasks/option_names.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace dragoman {

namespace {

// Options of Python's and transformers.js' calls that are known here but cannot be honoured,
// except with the value that changes nothing.
struct Unsupported {
  std::string_view name;
  double neutral;  // as a number; false is 0
  std::string_view reason;
};
constexpr double kNoNeutral = -1;
constexpr std::string_view kNotImplemented = "it is not implemented";
constexpr std::string_view kMovedAway = "transformers 4.57 has it no longer";
constexpr Unsupported kUnsupported[] = {
    {"return_tensor", 0, "results are arrays of numbers"},
    {"num_beam_groups", 1, kMovedAway},
    {"diversity_penalty", 0, kMovedAway},
    {"penalty_alpha", 0, kMovedAway},
    {"dola_layers", kNoNeutral, kMovedAway},
    {"constraints", kNoNeutral, kMovedAway},
    {"force_words_ids", kNoNeutral, kMovedAway},
    {"low_memory", 0, kMovedAway},
    {"guidance_scale", 1, kNotImplemented},
    {"watermarking_config", kNoNeutral, kNotImplemented},
    {"token_healing", 0, kNotImplemented},
    {"assistant_model", kNoNeutral, kNotImplemented},
    {"assistant_early_exit", kNoNeutral, kNotImplemented},
    {"cache_implementation", kNoNeutral, "there is one kind of cache"},
    {"use_cache", 1, "it is always used"},
    {"output_attentions", 0, kNotImplemented},
    {"output_hidden_states", 0, kNotImplemented},
    {"output_logits", 0, "output_scores lists the scores of what was generated"},
};

// The sentence that lists what might have been meant: near names, or all when none is near.
std::string suggestion(std::string_view name, const std::vector<std::string_view>& known) {
  std::vector<std::pair<int, std::string_view>> near;
  for (const std::string_view candidate : known) {
    // A third of the letters may be wrong; and "beams" finds num_beams, which is further away.
    const int distance = edit_distance(name, candidate);
    const bool part = name.size() >= 3 && (candidate.find(name) != std::string_view::npos ||
                                           name.find(candidate) != std::string_view::npos);
    const int limit = std::max(2, static_cast<int>(candidate.size()) / 3);
    if (distance <= limit || part) near.emplace_back(distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string list;
  const size_t count = near.empty() ? known.size() : std::min<size_t>(near.size(), 3);
  for (size_t i = 0; i < count; ++i) {
    list += (i == 0 ? "" : ", ") + std::string(near.empty() ? known[i] : near[i].second);
  }
  return near.empty() ? "known are " + list : "did you mean " + list + "?";
}

}  // namespace

bool has_no_effect(std::string_view name, Json value) {
  for (const Unsupported& option : kUnsupported) {
    if (option.name != name) continue;
    const double number = value.is_bool()     ? (value.as_bool() ? 1.0 : 0.0)
                          : value.is_number() ? value.as_double()
                                              : kNoNeutral - 1;
    if (value.is_null() || number == option.neutral) return true;
    throw Error(ErrorCode::kUnsupportedOption,
                "The option \"" + std::string(name) +
                    "\" cannot be honoured: " + std::string(option.reason) + ".");
  }
  return false;
}

void refuse_unknown(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string hint = suggestion(name.substr(0, 60), known);
  throw Error(ErrorCode::kUnsupportedOption, "The option \"" + std::string(name.substr(0, 60)) +
                                                 "\" is unknown; " + hint +
                                                 (hint.back() == '?' ? "" : "."));
}

// Optimal string alignment; names have some twenty letters, so the plain table will do.
int edit_distance(std::string_view a, std::string_view b) {
  // Rows of the usual table; the one before last is needed for swaps.
  std::vector<int> before(b.size() + 1);
  std::vector<int> last(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int substituted = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({substituted, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace dragoman
