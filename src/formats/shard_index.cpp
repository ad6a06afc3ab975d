// Reading the map of tensors to shards.
#include "formats/shard_index.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dragoman {

namespace {

constexpr std::string_view kSuffix = ".index.json";
constexpr size_t kMaxName = 255;  // of most file systems

// The name is put into addresses and paths, so nothing that leads elsewhere may be in it.
bool is_plain(std::string_view name) {
  const auto is_safe = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7F && c != '/' && c != '\\' && c != ':';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_safe);
}

}  // namespace

bool ShardIndex::is_name(std::string_view file) {
  return file.ends_with(kSuffix);
}

ShardIndex::ShardIndex(Json root, std::string file) : file_(std::move(file)) {
  root.at("weight_map").each_member([this](std::string_view tensor, Json shard) {
    check_shard(shard.as_string());
    places_.push_back({std::string(tensor), std::string(shard.as_string())});
  });
  if (places_.empty()) throw Error(ErrorCode::kModelFormat, file_ + " lists no tensors.");
  for (const Place& place : places_) shards_.push_back(place.shard);
  std::sort(shards_.begin(), shards_.end());
  shards_.erase(std::unique(shards_.begin(), shards_.end()), shards_.end());
}

// "pytorch_model.bin.index.json" lists files ".bin", of which the reader depends.
void ShardIndex::check_shard(std::string_view shard) const {
  const std::string_view whole = std::string_view(file_).substr(0, file_.size() - kSuffix.size());
  const std::string_view kind = whole.substr(std::min(whole.rfind('.'), whole.size()));
  if (is_plain(shard) && shard.ends_with(kind)) return;
  throw Error(ErrorCode::kModelFormat, file_ + ": \"" + std::string(shard.substr(0, 80)) +
                                           "\" is no name of a " + std::string(kind) + " file.");
}

void ShardIndex::check_complete(const SlotTable& slots) const {
  for (const Place& place : places_) {
    if (slots.find(place.tensor) == nullptr || slots.filled(place.tensor)) continue;
    throw Error(ErrorCode::kModelIncomplete, place.shard + " lacks the tensor \"" + place.tensor +
                                                 "\" that " + file_ + " places there.");
  }
}

}  // namespace dragoman
