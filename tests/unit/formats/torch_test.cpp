// Reading torch checkpoints: both containers, views of storages, and every refusal.
#include "formats/torch.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/formats/torch_file.hpp"

namespace dragoman::test {
namespace {

const std::vector<float> kSix = {1.0F, -2.5F, 3.25F, 0.0F, 1e-30F, -7.0F};

// One matrix "m.weight" [2, 3] and one vector "m.bias" [3].
struct SmallModel : RecordingModel {
  SmallModel() { table.ignore("ids"); }
  RecordingSlot& weight = add("m.weight", {2, 3});
  RecordingSlot& bias = add("m.bias", {3});
};

TorchFile small_file() {
  TorchFile file;
  file.add("m.bias", {3}, std::vector<float>{0.5F, 1.5F, 2.5F}).add("m.weight", {2, 3}, kSix);
  file.add("ids", {2}, std::string(16, '\1'), "LongStorage", 8);
  return file;
}

void check_small(const SmallModel& model) {
  CHECK(model.weight.floats.at(0) == std::vector<float>{1.0F, -2.5F, 3.25F});
  CHECK(model.weight.floats.at(1) == std::vector<float>{0.0F, 1e-30F, -7.0F});
  CHECK(model.bias.floats.at(0) == std::vector<float>{0.5F, 1.5F, 2.5F});
  CHECK(model.table.filled("m.weight"));
  CHECK(model.table.filled("m.bias"));
}

void check_refused(const std::string& bytes, const std::string& reason) {
  for (const bool known_size : {true, false}) {
    SmallModel model;
    const std::string message = torch_error(model, bytes, 5, known_size);
    INFO(message);
    CHECK(message.starts_with("model-format: w.bin"));
    CHECK(message.find(reason) != std::string::npos);
  }
}

// `file` in all its containers, refused for the same reason.
void check_refused(const TorchFile& file, const std::string& reason) {
  for (const std::string& bytes : {file.zip(), file.zip(false), file.legacy()}) {
    check_refused(bytes, reason);
  }
}

// An archive whose pickle is `body`.
std::string zip_with(const std::string& body) {
  return TorchFile::zip_of({{"m/data.pkl", pickle_of(body)}});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("Checkpoints arrive whole whatever the pieces are", "[formats][torch]") {
  const TorchFile file = small_file();
  for (const std::string& bytes : {file.zip(), file.zip(false), file.legacy()}) {
    for (size_t piece = 1; piece < 200; piece += piece < 70 ? 1 : 37) {
      for (const bool known_size : {true, false}) {
        SmallModel model;
        load_torch(model, bytes, piece, known_size);
        check_small(model);
      }
    }
  }
}

TEST_CASE("Half-precision checkpoints become floats", "[formats][torch]") {
  TorchFile file;
  file.add("m.weight", {2, 3}, bytes_of<uint16_t>({0x3C00, 0xC100, 0x0001, 0x7BFF, 0x8000, 0x03FF}),
           "HalfStorage", 2);
  file.add("m.bias", {3}, bytes_of<uint16_t>({0x3F80, 0xC020, 0x0080}), "BFloat16Storage", 2);
  for (const std::string& bytes : {file.zip(), file.legacy()}) {
    SmallModel model;
    load_torch(model, bytes, 3);
    CHECK(model.weight.floats[0] == std::vector<float>{1.0F, -2.5F, 0x1p-24F});
    CHECK(model.weight.floats[1] == std::vector<float>{65504.0F, -0.0F, 1023 * 0x1p-24F});
    CHECK(model.bias.floats[0] == std::vector<float>{1.0F, -2.5F, 0x1p-126F});
  }
}

TEST_CASE("Views of one storage are read through their strides", "[formats][torch]") {
  // 0 1 2 | 3 4 5 6 7 8 | 9 …: a bias, then the matrix by columns.
  TorchFile file;
  std::vector<float> values(12);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const size_t storage = file.storage("FloatStorage", bytes_of(values));
  file.view("m.weight", storage, 3, {2, 3}, {1, 2}).view("m.bias", storage, 1, {3}, {4});
  for (const std::string& bytes : {file.zip(), file.legacy()}) {
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}}) {
      SmallModel model;
      load_torch(model, bytes, piece);
      CHECK(model.weight.floats[0] == std::vector<float>{3, 5, 7});
      CHECK(model.weight.floats[1] == std::vector<float>{4, 6, 8});
      CHECK(model.bias.floats[0] == std::vector<float>{1, 5, 9});
    }
  }
  // Repeated: a stride of nothing.
  TorchFile expanded;
  expanded.view("m.weight", expanded.storage("FloatStorage", bytes_of(kSix)), 1, {2, 3}, {0, 1});
  SmallModel model;
  load_torch(model, expanded.zip(), 2);
  CHECK(model.weight.floats[0] == std::vector<float>{-2.5F, 3.25F, 0.0F});
  CHECK(model.weight.floats[1] == model.weight.floats[0]);
}

TEST_CASE("Tied tensors of a checkpoint must agree", "[formats][torch]") {
  const auto load_tied = [](const TorchFile& file) {
    SmallModel model;
    model.table.add("tied", model.slots[0].get());
    std::string message = torch_error(model, file.zip(), 9);
    if (message.empty()) CHECK(model.weight.floats.size() == 2);
    return message;
  };
  TorchFile same = small_file();
  same.view("tied", 1, 0, {2, 3}, {3, 1});
  CHECK(load_tied(same).empty());
  TorchFile copy = small_file();
  copy.add("tied", {2, 3}, kSix);
  CHECK(load_tied(copy).empty());
  TorchFile other = small_file();
  other.add("tied", {2, 3}, std::vector<float>{1.0F, -2.5F, 3.25F, 0.0F, 1e-30F, 7.0F});
  CHECK(load_tied(other).find("\"tied\" differs from \"m.weight\"") != std::string::npos);
}

TEST_CASE("Tensors that do not fit are refused before their bytes", "[formats][torch]") {
  check_refused(TorchFile().add("m.weight", {3, 2}, kSix), "has the shape [3, 2]");
  check_refused(TorchFile().add("other", {6}, kSix), "\"other\" is unknown to the model");
  check_refused(TorchFile().add("m.weight", {2, 3}, std::string(48, '\0'), "DoubleStorage", 8),
                "is stored as F64");
  check_refused(small_file().add("m.bias", {3}, kSix), "\"m.bias\" occurs twice");
  check_refused(TorchFile().add("m.weight", {2, 3}, bytes_of<float>({1, 2, 3, 4, 5})),
                "reaches beyond its storage of 5 elements");
  TorchFile far;
  far.view("m.weight", far.storage("FloatStorage", bytes_of(kSix)), 0, {2, 3}, {1 << 30, 1 << 30});
  check_refused(far, "reaches beyond");
  TorchFile odd;
  odd.view("m.weight", odd.storage("FloatStorage", bytes_of(kSix)), 0, {2, 3}, {1});
  check_refused(odd, "not as many strides as sizes");
  check_refused(small_file().add("m.x", {3}, bytes_of<float>({1, 2, 3}), "QInt8Storage"),
                "refers to torch.QInt8Storage");
}

TEST_CASE("Nothing in a pickle is executed", "[formats][torch]") {
  check_refused(zip_with("cposix\nsystem\n" + tuple({text("ls")}) + "R"), "posix.system");
  check_refused(zip_with(text("builtins") + text("eval") + "\x93"), "builtins.eval");
  check_refused(zip_with("ctorch\nload\n"), "torch.load");
  check_refused(zip_with("ctorch\nFloatStorage\n)R"), "calls FloatStorage");
  for (const char opcode : std::string("0123diIlLFGSTUVPop\x81\x82\x8b\x8d\x92\x96")) {
    check_refused(zip_with(std::string(1, opcode)), "which no state dict needs");
  }
  check_refused(zip_with("cposix\nsys\ttem\n"), "posix.sys?tem");
}

TEST_CASE("Pickles that make no sense are refused", "[formats][torch]") {
  const std::string deep(300, '(');
  const std::pair<std::string, const char*> cases[] = {
      {"", "empty stack"},
      {"N", "no dict of tensors"},
      {"NN", "values left over"},
      {"t", "lacks a mark"},
      {"\x85", "empty stack"},
      {"(\x86", "empty stack"},
      {"N(s", "empty stack"},
      {"u", "lacks a mark"},
      {"(u", "empty stack"},
      {"}(Nu", "sets items of what has none"},
      {"](NNu", "sets items of what has none"},
      {"NNNs", "sets items of what has none"},
      {"NNR", "calls what is no function"},
      {"N}b", "sets the state of what has none"},
      {"Q", "empty stack"},
      {"q", "remembers nothing"},
      {std::string("Nq\5", 3), "skips from entry 0 to 5"},
      {std::string("h\0", 2), "recalls entry 0"},
      {deep, "nested too deeply"},
      {"X" + little(5000, 4), "a value of 5000 bytes"},
      {"c" + std::string(300, 'a'), "endless name"},
      {"}" + text("a") + "Ns", "tensor \"a\" is no tensor"},
      {"}" + text("a") + "}s", "tensor \"a\" is no tensor"},
      {"}KKNs", "a key of its dict is no string"},
      {"ccollections\nOrderedDict\n" + tuple({"N"}) + "R", "an OrderedDict of something"},
  };
  for (const auto& [body, reason] : cases) check_refused(zip_with(body), reason);
  check_refused(TorchFile::zip_of({{"m/data.pkl", "}."}}), "not with its protocol");
  check_refused(TorchFile::zip_of({{"m/data.pkl", "\x80\x01}."}}), "the protocol 1");
  check_refused(TorchFile::zip_of({{"m/data.pkl", "\x80\x06}."}}), "the protocol 6");
}

TEST_CASE("Archives that cannot be streamed are refused", "[formats][torch]") {
  const std::string good = small_file().zip(false);
  std::string compressed = good;
  compressed[8] = 8;
  check_refused(compressed, "\"m/data.pkl\" is compressed");
  std::string encrypted = good;
  encrypted[6] = 1;
  check_refused(encrypted, "is encrypted");
  check_refused(replaced(good, "little", "xlittl"), "another byte order");
  check_refused(TorchFile::zip_of({{"m/data/0", "1234"}}), "storages before its pickle");
  check_refused(TorchFile::zip_of({{"m/data.pkl", pickle_of("}")}, {"m/data/0", "1234"}}),
                "a storage that no tensor uses");
  check_refused(TorchFile::zip_of({{"m/data.pkl", pickle_of("}")}, {"m/data.pkl", "1"}}),
                "two pickles");
  check_refused(TorchFile::zip_of({{"m/version", "3\n"}}), "no data.pkl");
  check_refused(TorchFile::zip_of({{"m/code/a.py", "import"}}), "a TorchScript program");
  check_refused(TorchFile::zip_of({{"m/README", std::string(9000, 'x')}}), "no checkpoint");
  TorchFile missing = small_file();
  const std::string state = missing.state(false);
  check_refused(TorchFile::zip_of({{"m/data.pkl", state}}),
                "tensor \"m.bias\" is in storage 0, which is not there");
  check_refused(TorchFile::zip_of({{"m/data.pkl", state}, {"m/data/0", "too short"}}), "m/data/0");
  check_refused(
      TorchFile::zip_of({{"m/data.pkl", state}, {"m/data/0", std::string(13, '\0')}}, false),
      "has 13 bytes instead of 12");
  check_refused(good + "x", "bytes after its end");
}

TEST_CASE("Files of the old format must be complete and little-endian", "[formats][torch]") {
  const TorchFile file = small_file();
  const std::string good = file.legacy();
  check_refused(good + "x", "after its last storage");
  check_refused(TorchFile::legacy_head(false), "another byte order");
  check_refused(pickle_of(integer(5)), "not of torch");
  check_refused(TorchFile::legacy_head() + file.state(true) + pickle_of("]"), "is not there");
  check_refused(TorchFile::legacy_head() + file.state(true) + pickle_of("](" + text("9") + "e") +
                    std::string(8, '\0'),
                "a storage that no tensor uses");
  const std::string keys = pickle_of("](" + text("0") + text("0") + "e");
  const std::string bias = little(3, 8) + file.storages[0].data;
  check_refused(TorchFile::legacy_head() + file.state(true) + keys + bias + bias, "twice");
  check_refused(TorchFile::legacy_head() + file.state(true) + keys + little(4, 8),
                "has 4 elements; its pickle says 3");
}

TEST_CASE("What is no checkpoint is called that", "[formats][torch]") {
  check_refused("version https://git-lfs.github.com/spec/v1\n",
                "neither a zip archive nor a pickle");
  check_refused("PK\5\6", "neither a zip archive nor a pickle");
  check_refused("", "ends before it began");
  SmallModel model;
  TorchFile large;
  large.add("m.weight", {2, 3}, kSix);
  const std::string state = TorchFile::legacy_head() + large.state(true);
  const std::string grown = replaced(state, integer(6), integer(1 << 30));
  CHECK(torch_error(model, grown).find("fewer than its tensors need") != std::string::npos);
}

}  // namespace dragoman::test
