// Which of torch's formats a file has.
#include "formats/torch.hpp"

#include <array>

#include "base/error.hpp"
#include "formats/torch_containers.hpp"

namespace dragoman {

namespace {

constexpr std::array<uint8_t, 4> kArchive = {'P', 'K', 3, 4};
constexpr uint8_t kPickle = 0x80;

}  // namespace

struct TorchReader::Impl {
  std::string file;
  uint64_t file_bytes;
  SlotTable& slots;
  std::vector<uint8_t> beginning;  // until the format is known
  std::unique_ptr<WeightReader> container;

  void sniff();
};

// One byte tells the two apart, the others whether it is either.
void TorchReader::Impl::sniff() {
  if (beginning.front() == kPickle) {
    container = std::make_unique<TorchLegacyFile>(file, file_bytes, slots);
    return;
  }
  if (std::equal(beginning.begin(), beginning.end(), kArchive.begin())) {
    if (beginning.size() < kArchive.size()) return;
    container = std::make_unique<TorchArchive>(file, file_bytes, slots);
    return;
  }
  throw Error(ErrorCode::kModelFormat,
              file + " is no checkpoint of torch: neither a zip archive nor a pickle.");
}

TorchReader::TorchReader(std::string file, uint64_t file_bytes, SlotTable& slots)
    : impl_(new Impl{.file = std::move(file),
                     .file_bytes = file_bytes,
                     .slots = slots,
                     .beginning = {},
                     .container = nullptr}) {}

TorchReader::~TorchReader() = default;

void TorchReader::feed(std::span<const uint8_t> bytes) {
  Impl& state = *impl_;
  while (state.container == nullptr && !bytes.empty()) {
    state.beginning.push_back(bytes.front());
    bytes = bytes.subspan(1);
    state.sniff();
    if (state.container != nullptr) state.container->feed(state.beginning);
  }
  if (state.container != nullptr) state.container->feed(bytes);
}

void TorchReader::finish() {
  if (impl_->container == nullptr) {
    throw Error(ErrorCode::kModelFormat, impl_->file + " ends before it began.");
  }
  impl_->container->finish();
}

void check_storage_sizes(const std::vector<TorchStorage>& storages, uint64_t file_bytes,
                         const std::string& file) {
  if (file_bytes == 0) return;
  uint64_t left = file_bytes;
  for (const TorchStorage& storage : storages) {
    if (storage.bytes() > left) {
      throw Error(ErrorCode::kModelFormat, file + " has only " + std::to_string(file_bytes) +
                                               " bytes, fewer than its tensors need.");
    }
    left -= storage.bytes();
  }
}

}  // namespace dragoman
