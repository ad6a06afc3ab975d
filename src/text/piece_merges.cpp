// Every cut of a piece between two characters is tried.
#include "text/piece_merges.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace dragoman {

namespace {

bool begins_character(char byte) {
  return (byte & 0xC0) != 0x80;
}

std::ptrdiff_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), begins_character);
}

}  // namespace

PieceMerges::PieceMerges(std::function<int32_t(std::string_view)> id_of)
    : id_of_(std::move(id_of)) {}

void PieceMerges::add(std::string_view piece, double score) {
  const auto first = static_cast<std::ptrdiff_t>(merges_.size());
  const std::ptrdiff_t all = characters(piece);
  std::ptrdiff_t before = 1;
  for (size_t i = 1; i < piece.size(); ++i) {
    if (!begins_character(piece[i])) continue;
    Merge merge{score, before, all - before, 0, 0, piece.substr(0, i), piece.substr(i)};
    ++before;
    merge.left_id = id_of_(merge.left);
    if (merge.left_id < 0) continue;
    merge.right_id = id_of_(merge.right);
    if (merge.right_id >= 0) merges_.push_back(merge);
  }
  std::stable_sort(merges_.begin() + first, merges_.end(), [](const Merge& a, const Merge& b) {
    return std::tie(a.left_id, a.right_id) < std::tie(b.left_id, b.right_id);
  });
}

BpeMergeList PieceMerges::ordered() {
  std::stable_sort(merges_.begin(), merges_.end(), [](const Merge& a, const Merge& b) {
    return std::tie(a.score, a.left_chars, a.right_chars) >
           std::tie(b.score, b.left_chars, b.right_chars);
  });
  BpeMergeList list;
  list.reserve(merges_.size());
  for (const Merge& merge : merges_) list.emplace_back(merge.left, merge.right);
  return list;
}

}  // namespace dragoman
