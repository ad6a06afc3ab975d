// Indexes of weights in several files: what they list, what they must not, what they promise.
#include "formats/shard_index.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/errors.hpp"
#include "unit/formats/safetensors_file.hpp"

namespace dragoman::test {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

const std::string kFile = "model.safetensors.index.json";

ShardIndex index_of(const std::string& json, const std::string& file = kFile) {
  const JsonDocument document(json, file, ErrorCode::kModelFormat);
  return {document.root(), file};
}

std::string map_of(const std::string& shard) {
  return R"({"weight_map": {"a.weight": ")" + shard + R"("}})";
}

}  // namespace

TEST_CASE("Shards are listed once each, in order", "[formats][shards]") {
  const ShardIndex index = index_of(R"({"metadata": {"total_size": 9}, "weight_map": {
      "a": "m-2-of-2.safetensors", "b": "m-1-of-2.safetensors", "c": "m-2-of-2.safetensors"}})");
  CHECK(index.shards() == std::vector<std::string>{"m-1-of-2.safetensors", "m-2-of-2.safetensors"});
  CHECK(ShardIndex::is_name("pytorch_model.bin.index.json"));
  CHECK_FALSE(ShardIndex::is_name("config.json"));
  CHECK(index_of(map_of("a-1.bin"), "pytorch_model.bin.index.json").shards().size() == 1);
}

TEST_CASE("Shards must be plain names of the index's kind", "[formats][shards]") {
  for (const char* shard : {"", ".safetensors", "../m.safetensors", "a/m.safetensors",
                            R"(a\\m.safetensors)", "m.bin", "http:m.safetensors", "m .safetensors",
                            R"(m\u0001.safetensors)", "model.safetensors.index.json"}) {
    INFO(shard);
    CHECK_THAT(error_of([&] { index_of(map_of(shard)); }),
               StartsWith("model-format: " + kFile + ": ") &&
                   ContainsSubstring("is no name of a .safetensors file"));
  }
  const std::string longest = std::string(256 - 12, 'm') + ".safetensors";
  CHECK_THAT(error_of([&] { index_of(map_of(longest)); }), StartsWith("model-format: "));
  CHECK(error_of([&] { index_of(map_of(longest.substr(1))); }).empty());
}

TEST_CASE("An index of another form is refused", "[formats][shards]") {
  for (const char* json : {"{}", "[]", R"({"weight_map": {}})", R"({"weight_map": ["a"]})",
                           R"({"weight_map": {"a": 1}})"}) {
    CHECK_THAT(error_of([&] { index_of(json); }), StartsWith("model-format: " + kFile));
  }
}

TEST_CASE("A tensor that its shard lacks is missed", "[formats][shards]") {
  RecordingModel model;
  model.add("a.weight", {2, 2});
  model.table.optional("a.weight");
  const ShardIndex index =
      index_of(R"({"weight_map": {"other": "m.safetensors", "a.weight": "m.safetensors"}})");
  CHECK_THAT(error_of([&] { index.check_complete(model.table); }),
             StartsWith("model-incomplete: m.safetensors lacks the tensor \"a.weight\" that " +
                        kFile + " places there."));
  model.table.mark_filled("a.weight");
  index.check_complete(model.table);
}

}  // namespace dragoman::test
