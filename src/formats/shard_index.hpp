// The index of weights that are published in several files, "model.safetensors.index.json" or
// "pytorch_model.bin.index.json": which file, or shard, each tensor is in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "nn/slots.hpp"

namespace dragoman {

class ShardIndex {
 public:
  /// True of the names that such files have.
  static bool is_name(std::string_view file);

  /// @param root  of the document, whose file name tells which kind the shards are
  /// Throws model-format where a shard is no plain file name of that kind.
  ShardIndex(Json root, std::string file);

  /// Names of the shards, each once, in the order of their names.
  const std::vector<std::string>& shards() const { return shards_; }

  /// Once all shards were read: throws model-incomplete naming a tensor that the index lists, that
  /// the model wants and that was in none of them.
  void check_complete(const SlotTable& slots) const;

 private:
  void check_shard(std::string_view shard) const;

  struct Place {
    std::string tensor;
    std::string shard;
  };
  std::string file_;
  std::vector<Place> places_;
  std::vector<std::string> shards_;
};

}  // namespace dragoman
