// Drives a search with logits from a table, as tests/golden/make_decode.py describes it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/context.hpp"
#include "base/json.hpp"
#include "decode/search.hpp"

namespace dragoman::test {

/// Logits that depend on the last two tokens and the length of a sequence.
struct Table {
  explicit Table(Json json);
  /// Throws std::out_of_range for tokens it does not have.
  void logits(const std::vector<int32_t>& ids, std::span<float> out) const;
  int vocab_size() const { return static_cast<int>(last.size()); }

  std::vector<std::vector<float>> last;
  std::vector<std::vector<float>> before;
  float growth = 0.0F;
  std::vector<int32_t> ends;
};

/// Keeps the history of every row, and so holds searches to naming their parents rightly.
class TableDecoder {
 public:
  using Logits = std::function<void(const std::vector<int32_t>& ids, std::span<float> out)>;
  TableDecoder(const Table& table, const GenerationConfig& config)
      : TableDecoder(table, config,
                     [&table](const std::vector<int32_t>& ids, std::span<float> out) {
                       table.logits(ids, out);
                     }) {}
  TableDecoder(const Table& table, const GenerationConfig& config, Logits logits)
      : vocab_size_(table.vocab_size()),
        passes_(passes_of(config)),
        logits_(std::move(logits)),
        pool_(1) {}
  /// One step of `search`. @returns the sequences of the rows that were decoded
  std::vector<std::vector<int32_t>> step(Search& search, const std::vector<int32_t>& prompt);
  /// Steps until the search has finished, at most `limit` times.
  int run(Search& search, const std::vector<int32_t>& prompt, int limit = 1000);

 private:
  int vocab_size_;
  NormalisingPasses passes_;
  Logits logits_;
  ThreadPool pool_;
  Arena arena_;
  std::vector<std::vector<int32_t>> histories_;  // of the rows of the last step
};

std::vector<int32_t> ids_of(Json array);
/// The contents of a file of tests/golden/decode.
std::unique_ptr<JsonDocument> decode_cases(const std::string& name = "cases.json");

}  // namespace dragoman::test
