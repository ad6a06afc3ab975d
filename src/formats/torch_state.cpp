// What torch._utils._rebuild_tensor_v2 and _rebuild_parameter would be called with.
#include "formats/torch_state.hpp"

#include <array>
#include <limits>
#include <map>
#include <string_view>

#include "base/error.hpp"

namespace dragoman {

namespace {

using Kind = PickleNode::Kind;

// No file has more, and sums of two such sizes cannot overflow.
constexpr uint64_t kLargest = std::numeric_limits<int64_t>::max() / 8;
constexpr size_t kMaxDimensions = 8;

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kStorageTypes = {{
    {"torch FloatStorage", "F32"},
    {"torch HalfStorage", "F16"},
    {"torch BFloat16Storage", "BF16"},
    {"torch DoubleStorage", "F64"},
    {"torch LongStorage", "I64"},
    {"torch IntStorage", "I32"},
    {"torch ShortStorage", "I16"},
    {"torch CharStorage", "I8"},
    {"torch ByteStorage", "U8"},
    {"torch BoolStorage", "BOOL"},
}};

class StateReader {
 public:
  StateReader(const Pickle& pickle, const std::string& file) : pickle_(pickle), file_(file) {}

  TorchState read() {
    const PickleNode& root = pickle_.root();
    if (root.kind != Kind::kDict) fail("its pickle holds no dict of tensors.");
    std::map<std::string, size_t, std::less<>> names;
    for (size_t i = 0; i < root.items.size(); i += 2) {
      const PickleNode& key = pickle_[root.items[i]];
      if (key.kind != Kind::kText) fail("a key of its dict is no string.");
      name_ = key.text;
      if (!names.emplace(name_, i).second) fail_tensor("occurs twice");
      read_tensor(pickle_[root.items[i + 1]]);
    }
    return std::move(state_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kModelFormat, file_ + ": " + what);
  }
  [[noreturn]] void fail_tensor(const std::string& what) const {
    fail("tensor \"" + name_ + "\" " + what + ".");
  }

  bool is_call(const PickleNode& node, std::string_view function) const {
    return node.kind == Kind::kCall && pickle_[node.items.front()].text == function;
  }

  // A parameter is a tensor with a flag for training around it.
  void read_tensor(const PickleNode& value) {
    const PickleNode* call = &value;
    if (is_call(value, "torch._utils _rebuild_parameter") && value.items.size() == 4) {
      call = &pickle_[value.items[1]];
    }
    // The function, storage, offset, size, stride, requires_grad, hooks, and newer ones: metadata.
    const size_t count = call->items.size();
    if (!is_call(*call, "torch._utils _rebuild_tensor_v2") || (count != 7 && count != 8)) {
      fail_tensor("is no tensor");
    }
    TorchTensor tensor;
    tensor.entry.name = name_;
    tensor.storage = read_storage(pickle_[call->items[1]]);
    tensor.offset = size_of(call->items[2], "offset");
    for (const uint64_t size : sizes_of(call->items[3], "size")) {
      tensor.entry.shape.push_back(static_cast<int64_t>(size));
    }
    tensor.strides = sizes_of(call->items[4], "stride");
    if (count == 8) check_metadata(pickle_[call->items[7]]);
    check_place(tensor);
    state_.tensors.push_back(std::move(tensor));
  }

  // Bits that say that the values are to be negated or conjugated.
  void check_metadata(const PickleNode& metadata) const {
    if (metadata.kind == Kind::kNone) return;
    if (metadata.kind == Kind::kDict && metadata.items.empty()) return;
    fail_tensor("has metadata, which is not understood");
  }

  // ("storage", type, key, location, elements), and in old files a view, which was given up
  // before there was a model to publish.
  size_t read_storage(const PickleNode& persistent) {
    if (persistent.kind != Kind::kPersistent) fail_tensor("has no storage");
    const PickleNode& tuple = pickle_[persistent.items.front()];
    const size_t count = tuple.items.size();
    if (tuple.kind != Kind::kTuple || (count != 5 && count != 6) ||
        text_of(tuple.items[0]) != "storage") {
      fail_tensor("has a storage of unknown form");
    }
    if (count == 6 && pickle_[tuple.items[5]].kind != Kind::kNone) {
      fail_tensor("has a storage that is a view, which is not understood");
    }
    TorchStorage storage;
    storage.type = type_of(pickle_[tuple.items[1]]);
    storage.key = text_of(tuple.items[2]);
    storage.elements = size_of(tuple.items[4], "storage");
    if (storage.bytes() > kLargest) fail_tensor("has a storage too large for any file");
    return place_of(std::move(storage));
  }

  size_t place_of(TorchStorage storage) {
    const auto [place, is_new] = places_.emplace(storage.key, state_.storages.size());
    if (is_new) {
      state_.storages.push_back(std::move(storage));
      return place->second;
    }
    const TorchStorage& known = state_.storages[place->second];
    if (known.type != storage.type || known.elements != storage.elements) {
      fail_tensor("contradicts what another one says of its storage \"" + storage.key + "\"");
    }
    return place->second;
  }

  const StoredType* type_of(const PickleNode& global) const {
    if (global.kind == Kind::kGlobal) {
      for (const auto& [name, type] : kStorageTypes) {
        if (name == global.text) return find_stored_type(type);
      }
    }
    fail_tensor("has a storage of unknown type");
  }

  const std::string& text_of(PickleId id) const {
    if (pickle_[id].kind != Kind::kText) fail_tensor("has a storage of unknown form");
    return pickle_[id].text;
  }

  uint64_t size_of(PickleId id, const char* what) const {
    const PickleNode& node = pickle_[id];
    if (node.kind != Kind::kInteger || node.number < 0 ||
        static_cast<uint64_t>(node.number) > kLargest) {
      fail_tensor("has a " + std::string(what) + " that is none");
    }
    return static_cast<uint64_t>(node.number);
  }

  std::vector<uint64_t> sizes_of(PickleId id, const char* what) const {
    const PickleNode& tuple = pickle_[id];
    if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxDimensions) {
      fail_tensor("has a " + std::string(what) + " that is none");
    }
    std::vector<uint64_t> sizes;
    sizes.reserve(tuple.items.size());
    for (const PickleId item : tuple.items) sizes.push_back(size_of(item, what));
    return sizes;
  }

  // Everything later counts on this: views lie within their storage, and no product overflows.
  void check_place(TorchTensor& tensor) const {
    const TorchStorage& storage = state_.storages[tensor.storage];
    tensor.entry.type = storage.type;
    if (tensor.strides.size() != tensor.entry.shape.size()) {
      fail_tensor("has not as many strides as sizes");
    }
    uint64_t elements = 1;
    uint64_t last = tensor.offset;
    for (size_t i = 0; i < tensor.strides.size(); ++i) {
      const auto size = static_cast<uint64_t>(tensor.entry.shape[i]);
      const uint64_t room = kLargest / 8;
      const bool fits = size <= 1 || (tensor.strides[i] <= (room - 1) / (size - 1));
      if (!fits || (size != 0 && elements > room / size)) fail_tensor("is too large for any file");
      elements *= size;
      if (size > 1) last += tensor.strides[i] * (size - 1);
    }
    tensor.entry.end = elements * (storage.type->bits / 8);
    if (elements != 0 && last >= storage.elements) {
      fail_tensor("reaches beyond its storage of " + std::to_string(storage.elements) +
                  " elements");
    }
  }

  const Pickle& pickle_;
  const std::string& file_;
  std::string name_;  // of the tensor being read
  TorchState state_;
  std::map<std::string, size_t, std::less<>> places_;
};

}  // namespace

bool TorchTensor::is_dense() const {
  uint64_t expected = 1;
  for (size_t i = strides.size(); i > 0; --i) {
    const auto size = static_cast<uint64_t>(entry.shape[i - 1]);
    // torch leaves any stride where there is nothing to step over.
    if (size != 1 && strides[i - 1] != expected) return entry.end == 0;
    expected *= size;
  }
  return true;
}

uint64_t TorchTensor::reach() const {
  if (entry.end == 0) return offset;
  uint64_t last = offset;
  for (size_t i = 0; i < strides.size(); ++i) {
    last += strides[i] * static_cast<uint64_t>(entry.shape[i] - 1);
  }
  return last + 1;
}

bool TorchTensor::same_view(const TorchTensor& other) const {
  return storage == other.storage && offset == other.offset && strides == other.strides &&
         entry.shape == other.entry.shape;
}

TorchState read_torch_state(const Pickle& pickle, const std::string& file) {
  return StateReader(pickle, file).read();
}

}  // namespace dragoman
