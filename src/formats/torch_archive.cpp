// Checkpoints in zip archives.
#include "base/error.hpp"
#include "formats/torch_containers.hpp"

namespace dragoman {

namespace {

// The folder around everything is called after the file, or "archive".
std::string_view inside(std::string_view name) {
  const size_t slash = name.find('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

constexpr std::string_view kData = "data/";

}  // namespace

TorchArchive::TorchArchive(std::string file, uint64_t file_bytes, SlotTable& slots)
    : file_(std::move(file)),
      file_bytes_(file_bytes),
      pickle_(file_),
      storages_(file_, slots),
      zip_(file_, *this) {}

bool TorchArchive::begin(std::string_view name) {
  const std::string_view entry = inside(name);
  in_storage_ = entry.starts_with(kData);
  if (entry == "data.pkl") {
    if (pickle_.done()) throw Error(ErrorCode::kModelFormat, file_ + " has two pickles.");
    return true;
  }
  if (entry == "constants.pkl" || entry.starts_with("code/")) {
    throw Error(ErrorCode::kModelFormat,
                file_ + " is a TorchScript program, not a checkpoint of weights.");
  }
  if (!in_storage_) return false;
  if (!pickle_.done()) {
    throw Error(ErrorCode::kModelFormat,
                file_ + " has storages before its pickle, which cannot be read as they come.");
  }
  left_ = storages_.begin(entry.substr(kData.size()));
  if (left_ == 0) storages_.end();
  return true;
}

size_t TorchArchive::take(std::span<const uint8_t> bytes) {
  if (!in_storage_) {
    const size_t count = pickle_.feed(bytes);
    if (pickle_.done()) {
      storages_.plan(pickle_);
      check_storage_sizes(storages_.list(), file_bytes_, file_);
    }
    return count;
  }
  const auto count = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  storages_.feed(bytes.first(count));
  left_ -= count;
  if (left_ == 0) storages_.end();
  return count;
}

bool TorchArchive::ended() const {
  return in_storage_ ? left_ == 0 : pickle_.done();
}

// Versions are those of the archive's layout, which older readers have to know; there is nothing
// in newer ones that would change what is read here.
void TorchArchive::whole(std::string_view name, std::string_view content) {
  if (inside(name) != "byteorder" || content == "little") return;
  throw Error(ErrorCode::kModelFormat,
              file_ + " was written with another byte order; only little-endian can be read.");
}

void TorchArchive::finish() {
  zip_.finish();
  if (!pickle_.done()) throw Error(ErrorCode::kModelFormat, file_ + " has no data.pkl.");
  storages_.finish();
}

}  // namespace dragoman
