// Checkpoints of torch before 1.6: pickles and storages one after the other.
#include <algorithm>

#include "base/error.hpp"
#include "formats/torch_containers.hpp"

namespace dragoman {

namespace {

using Kind = PickleNode::Kind;

// 0x1950a86a20f9469cfc6c, as a pickle has it.
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kVersion = 1001;
constexpr size_t kCountBytes = 8;

}  // namespace

TorchLegacyFile::TorchLegacyFile(std::string file, uint64_t file_bytes, SlotTable& slots)
    : file_(std::move(file)), file_bytes_(file_bytes), pickle_(file_), storages_(file_, slots) {}

void TorchLegacyFile::fail(const std::string& what) const {
  throw Error(ErrorCode::kModelFormat, file_ + what);
}

void TorchLegacyFile::feed(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    if (part_ == Part::kStorage) {
      take_storage(bytes);
    } else if (part_ == Part::kCount) {
      take_count(bytes);
    } else {
      take_pickle(bytes);
    }
  }
}

void TorchLegacyFile::take_pickle(std::span<const uint8_t>& bytes) {
  bytes = bytes.subspan(pickle_.feed(bytes));
  if (!pickle_.done()) return;
  read_pickle();
  pickle_ = Pickle(file_);
  part_ = static_cast<Part>(static_cast<uint8_t>(part_) + 1);
}

void TorchLegacyFile::read_pickle() {
  const PickleNode& root = pickle_.root();
  switch (part_) {
    case Part::kMagic:
      if (root.kind != Kind::kLong || root.text != kMagic) fail(" is a pickle, but not of torch.");
      break;
    case Part::kVersion:
      if (root.kind != Kind::kInteger || root.number != kVersion) {
        fail(" has an unknown version of torch's format.");
      }
      break;
    case Part::kSystem:
      check_system();
      break;
    case Part::kState:
      storages_.plan(pickle_);
      check_storage_sizes(storages_.list(), file_bytes_, file_);
      break;
    default:
      read_keys();
      break;
  }
}

void TorchLegacyFile::check_system() const {
  const PickleNode& system = pickle_.root();
  if (system.kind != Kind::kDict) fail(" does not tell its byte order.");
  for (size_t i = 0; i < system.items.size(); i += 2) {
    if (pickle_[system.items[i]].text != "little_endian") continue;
    if (pickle_[system.items[i + 1]].number == 1) return;
    fail(" was written with another byte order; only little-endian can be read.");
  }
  fail(" does not tell its byte order.");
}

void TorchLegacyFile::read_keys() {
  const PickleNode& list = pickle_.root();
  if (list.kind != Kind::kList) fail(" has no list of its storages.");
  for (const PickleId id : list.items) {
    if (pickle_[id].kind != Kind::kText) fail(" has a storage without a name.");
    keys_.push_back(pickle_[id].text);
  }
}

void TorchLegacyFile::take_count(std::span<const uint8_t>& bytes) {
  if (current_ == keys_.size()) {
    fail(" has " + std::to_string(bytes.size()) + " or more bytes after its last storage.");
  }
  const size_t count = std::min(kCountBytes - count_.size(), bytes.size());
  count_.insert(count_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
  bytes = bytes.subspan(count);
  if (count_.size() < kCountBytes) return;
  uint64_t elements = 0;
  for (size_t i = kCountBytes; i > 0; --i) elements = elements << 8 | count_[i - 1];
  count_.clear();
  left_ = storages_.begin(keys_[current_]);
  const TorchStorage& storage = storages_.current();
  if (elements != storage.elements) {
    fail(": its storage " + storage.key + " has " + std::to_string(elements) +
         " elements; its pickle says " + std::to_string(storage.elements) + ".");
  }
  part_ = Part::kStorage;
  end_storages();
}

void TorchLegacyFile::take_storage(std::span<const uint8_t>& bytes) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  storages_.feed(bytes.first(count));
  bytes = bytes.subspan(count);
  left_ -= count;
  end_storages();
}

void TorchLegacyFile::end_storages() {
  if (left_ > 0) return;
  storages_.end();
  ++current_;
  part_ = Part::kCount;
}

void TorchLegacyFile::finish() {
  if (part_ < Part::kCount) fail(" ends within its pickles.");
  if (part_ == Part::kStorage || !count_.empty() || current_ < keys_.size()) {
    fail(" is cut off within its storages, after " + std::to_string(current_) + " of " +
         std::to_string(keys_.size()) + ".");
  }
  storages_.finish();
}

}  // namespace dragoman
