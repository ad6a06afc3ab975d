// Searches over tables.
#include "unit/decode/table_decoder.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dragoman::test {

namespace {

std::vector<std::vector<float>> matrix_of(Json json) {
  std::vector<std::vector<float>> rows;
  for (size_t i = 0; i < json.size(); ++i) {
    std::vector<float>& row = rows.emplace_back();
    for (size_t j = 0; j < json.at(i).size(); ++j) {
      row.push_back(static_cast<float>(json.at(i).at(j).as_int()) / 256.0F);
    }
  }
  return rows;
}

}  // namespace

std::vector<int32_t> ids_of(Json array) {
  std::vector<int32_t> ids;
  for (size_t i = 0; i < array.size(); ++i) {
    ids.push_back(static_cast<int32_t>(array.at(i).as_int()));
  }
  return ids;
}

std::unique_ptr<JsonDocument> decode_cases(const std::string& name) {
  const std::string path = std::string(DRAGOMAN_GOLDEN_DIR) + "/decode/" + name;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return std::make_unique<JsonDocument>(bytes.str(), name, ErrorCode::kInternal);
}

Table::Table(Json json)
    : last(matrix_of(json.at("last"))),
      before(matrix_of(json.at("before"))),
      growth(static_cast<float>(json.at("growth").as_int()) / 256.0F),
      ends(ids_of(json.at("ends"))) {}

void Table::logits(const std::vector<int32_t>& ids, std::span<float> out) const {
  const auto newest = static_cast<size_t>(ids.at(ids.size() - 1));
  const auto second = ids.size() > 1 ? static_cast<size_t>(ids[ids.size() - 2]) : newest;
  for (size_t v = 0; v < out.size(); ++v) out[v] = last.at(newest)[v] + before.at(second)[v];
  for (const int32_t end : ends) {
    out[static_cast<size_t>(end)] += growth * static_cast<float>(ids.size());
  }
}

std::vector<std::vector<int32_t>> TableDecoder::step(Search& search,
                                                     const std::vector<int32_t>& prompt) {
  std::vector<std::vector<int32_t>> next;
  for (const SearchRow& row : search.rows()) {
    if (row.chained) {
      if (next.empty()) throw std::runtime_error("a first row that is chained");
      next.push_back(next.back());
      next.back().push_back(row.token);
    } else if (row.parent < 0) {
      next.push_back(prompt);
      if (row.token != prompt.back()) throw std::runtime_error("a first row of another token");
    } else {
      next.push_back(histories_.at(static_cast<size_t>(row.parent)));
      next.back().push_back(row.token);
    }
  }
  histories_ = next;
  arena_.reset();
  const Context context{pool_, arena_};
  const auto count = histories_.size() * static_cast<size_t>(vocab_size_);
  const View<float> logits(arena_.take<float>(count).data(), static_cast<int>(histories_.size()),
                           vocab_size_);
  for (int row = 0; row < logits.rows; ++row) {
    logits_(histories_[static_cast<size_t>(row)], logits.row_span(row));
  }
  std::vector<RowNorm> norms(histories_.size());
  const std::span<RowNorm> early = passes_.before ? std::span(norms) : std::span<RowNorm>();
  measure_logits(context, logits, early);
  search.process(context, logits, early);
  if (passes_.after) measure_scores(context, logits, norms);
  search.advance({logits, norms});
  return next;
}

int TableDecoder::run(Search& search, const std::vector<int32_t>& prompt, int limit) {
  int steps = 0;
  while (!search.finished() && steps < limit) {
    step(search, prompt);
    ++steps;
  }
  return steps;
}

}  // namespace dragoman::test
