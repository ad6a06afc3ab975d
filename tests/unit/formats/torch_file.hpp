// Writes torch checkpoints for tests, right or wrong on purpose, in both containers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/torch.hpp"
#include "unit/formats/safetensors_file.hpp"

namespace dragoman::test {

template <typename T>
std::string little(T value, size_t width) {
  std::string bytes;
  auto rest = static_cast<uint64_t>(value);
  for (size_t i = 0; i < width; ++i) {
    bytes += static_cast<char>(rest & 0xFFU);
    rest >>= 8;
  }
  return bytes;
}

// Pieces of pickles.
inline std::string pickle_of(const std::string& body) {
  return "\x80\x02" + body + ".";
}
inline std::string text(const std::string& value) {
  return "X" + little(value.size(), 4) + value;
}
inline std::string integer(int64_t value) {
  return "J" + little(value, 4);
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string body = "(";
  for (const std::string& item : items) body += item;
  return body + "t";
}
inline std::string integers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(integer(value));
  return tuple(items);
}
const std::string kOrderedDict = "ccollections\nOrderedDict\n)R";

struct StorageSpec {
  std::string type;  // "FloatStorage"
  std::string data;
  size_t width = 4;  // bytes of an element
  int64_t elements() const { return static_cast<int64_t>(data.size() / width); }
};

/// A checkpoint of any number of tensors.
class TorchFile {
 public:
  size_t storage(const std::string& type, const std::string& data, size_t width = 4) {
    storages.push_back({type, data, width});
    return storages.size() - 1;
  }
  TorchFile& view(const std::string& name, size_t storage, int64_t offset,
                  const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
    tensors.push_back({name, storage, offset, shape, strides});
    return *this;
  }
  /// A tensor with a storage of its own.
  TorchFile& add(const std::string& name, const std::vector<int64_t>& shape,
                 const std::string& data, const std::string& type = "FloatStorage",
                 size_t width = 4) {
    std::vector<int64_t> strides(shape.size(), 1);
    for (size_t i = shape.size(); i > 1; --i) strides[i - 2] = strides[i - 1] * shape[i - 1];
    return view(name, storage(type, data, width), 0, shape, strides);
  }
  TorchFile& add(const std::string& name, const std::vector<int64_t>& shape,
                 const std::vector<float>& values) {
    return add(name, shape, bytes_of(values));
  }

  std::string state(bool legacy) const {
    std::string body = kOrderedDict + "(";
    for (const Tensor& tensor : tensors) {
      body += text(tensor.name) + rebuild(tensor, legacy) + "R";
    }
    return pickle_of(body + "u}" + text("_metadata") + kOrderedDict + "sb");
  }

  /// @param sizes_follow  as torch writes them
  std::string zip(bool sizes_follow = true) const {
    std::vector<std::pair<std::string, std::string>> entries = {
        {"m/data.pkl", state(false)}, {"m/.format_version", "1"}, {"m/byteorder", "little"}};
    for (size_t i = 0; i < storages.size(); ++i) {
      entries.emplace_back("m/data/" + std::to_string(i), storages[i].data);
    }
    entries.emplace_back("m/version", "3\n");
    return zip_of(entries, sizes_follow);
  }

  static std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries,
                            bool sizes_follow = true) {
    std::string bytes;
    std::string directory;
    for (const auto& [name, content] : entries) {
      const std::string extra = "FB" + little(3, 2) + "ZZZ";
      const std::string size = little(content.size(), 4);
      const std::string none = little(0, 4);
      const std::string flags = little(0, 2) + little(sizes_follow ? 8 : 0, 2);
      directory += "PK\1\2" + little(0, 2) + flags + little(0, 6) + none + size + size +
                   little(name.size(), 2) + little(0, 12) + little(bytes.size(), 4) + name;
      bytes += "PK\3\4" + flags + little(0, 6) + none + (sizes_follow ? none + none : size + size) +
               little(name.size(), 2) + little(extra.size(), 2) + name + extra + content;
      if (sizes_follow) bytes += "PK\7\10" + none + size + size;
    }
    const std::string count = little(entries.size(), 2);
    return bytes + directory + "PK\5\6" + little(0, 4) + count + count +
           little(directory.size(), 4) + little(bytes.size(), 4) + little(0, 2);
  }

  static std::string legacy_head(bool little_endian = true) {
    return pickle_of("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") +
           pickle_of(integer(1001)) +
           pickle_of("}" + text("little_endian") + (little_endian ? "\x88" : "\x89") + "s");
  }

  std::string legacy() const {
    std::string keys = "](";
    std::string data;
    for (size_t i = 0; i < storages.size(); ++i) {
      keys += text(std::to_string(i));
      data += little(storages[i].elements(), 8) + storages[i].data;
    }
    return legacy_head() + state(true) + pickle_of(keys + "e") + data;
  }

  struct Tensor {
    std::string name;
    size_t storage;
    int64_t offset;
    std::vector<int64_t> shape;
    std::vector<int64_t> strides;
  };
  std::vector<StorageSpec> storages;
  std::vector<Tensor> tensors;

 private:
  std::string rebuild(const Tensor& tensor, bool legacy) const {
    const StorageSpec& storage = storages[tensor.storage];
    std::vector<std::string> persistent = {text("storage"), "ctorch\n" + storage.type + "\n",
                                           text(std::to_string(tensor.storage)), text("cpu"),
                                           integer(storage.elements())};
    if (legacy) persistent.emplace_back("N");
    return "ctorch._utils\n_rebuild_tensor_v2\n" +
           tuple({tuple(persistent) + "Q", integer(tensor.offset), integers(tensor.shape),
                  integers(tensor.strides), "\x89", kOrderedDict});
  }
};

/// Reads `bytes` in pieces of `piece` bytes.
inline void load_torch(RecordingModel& model, const std::string& bytes, size_t piece = SIZE_MAX,
                       bool known_size = true) {
  TorchReader reader("w.bin", known_size ? bytes.size() : 0, model.table);
  feed_pieces(reader, bytes, piece);
}

/// "code: message" of the error that reading throws, or "".
inline std::string torch_error(RecordingModel& model, const std::string& bytes,
                               size_t piece = SIZE_MAX, bool known_size = true) {
  return error_of([&] { load_torch(model, bytes, piece, known_size); });
}

}  // namespace dragoman::test
