// The table of slots: names, aliases, what may be missing and what must not.
#include "nn/slots.hpp"

#include <catch2/catch_test_macros.hpp>

#include "base/error.hpp"
#include "nn/linear.hpp"

using namespace dragoman;

namespace {

std::string missing(const SlotTable& table) {
  try {
    table.check_complete("model.safetensors");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModelIncomplete);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("names find their slots and unknown ones find none", "[nn][slots]") {
  Vector a(3);
  Vector b(3);
  SlotTable table;
  table.add("a", a.slot());
  table.add("b", b.slot());
  CHECK(table.find("a") == a.slot());
  CHECK(table.find("b") == b.slot());
  CHECK(table.find("c") == nullptr);
  CHECK_FALSE(table.filled("c"));
}

TEST_CASE("every missing tensor is named, in the order of the table", "[nn][slots]") {
  Vector slots[] = {Vector(1), Vector(1), Vector(1)};
  SlotTable table;
  table.add("z", slots[0].slot());
  table.add("m", slots[1].slot());
  table.add("a", slots[2].slot());
  CHECK(missing(table) == "model.safetensors lacks 3 tensors: z, m, a.");
  table.mark_filled("m");
  CHECK(missing(table) == "model.safetensors lacks 2 tensors: z, a.");
  table.mark_filled("z");
  CHECK(missing(table) == "model.safetensors lacks 1 tensor: a.");
  table.mark_filled("a");
  CHECK(missing(table).empty());
}

TEST_CASE("one name of a shared slot is enough, whichever comes", "[nn][slots]") {
  Vector shared(2);
  SlotTable table;
  table.add("embed", shared.slot());
  table.add("alias", shared.slot());
  CHECK(missing(table) == "model.safetensors lacks 1 tensor: embed.");
  table.mark_filled("alias");
  CHECK(table.filled("embed"));
  CHECK(table.filled("alias"));
  CHECK(missing(table).empty());
}

TEST_CASE("optional tensors may be left out", "[nn][slots]") {
  Vector a(1);
  SlotTable table;
  table.add("a", a.slot());
  table.optional("a");
  CHECK(missing(table).empty());
  CHECK_FALSE(table.filled("a"));
}

TEST_CASE("ignored names are exact, prefixes or suffixes", "[nn][slots]") {
  SlotTable table;
  table.ignore("whole.name");
  table.ignore("cls.*");
  table.ignore("*.position_ids");
  CHECK(table.ignored("whole.name"));
  CHECK_FALSE(table.ignored("whole.name.more"));
  CHECK(table.ignored("cls.predictions.bias"));
  CHECK_FALSE(table.ignored("bert.cls.x"));
  CHECK(table.ignored("bert.embeddings.position_ids"));
  CHECK_FALSE(table.ignored("position_ids.weight"));
}
