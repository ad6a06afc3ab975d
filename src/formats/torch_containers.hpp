// The two kinds of files that torch.save() writes. Internal to torch*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/pickle.hpp"
#include "formats/torch_storages.hpp"
#include "formats/weight_reader.hpp"
#include "formats/zip_stream.hpp"

namespace dragoman {

/// An archive of data.pkl, byteorder, version and one entry data/KEY for each storage, all of them
/// in a folder.
class TorchArchive final : public WeightReader, private ZipHandler {
 public:
  TorchArchive(std::string file, uint64_t file_bytes, SlotTable& slots);

  void feed(std::span<const uint8_t> bytes) override { zip_.feed(bytes); }
  void finish() override;

 private:
  bool begin(std::string_view name) override;
  size_t take(std::span<const uint8_t> bytes) override;
  bool ended() const override;
  void whole(std::string_view name, std::string_view content) override;

  std::string file_;
  uint64_t file_bytes_;
  Pickle pickle_;
  TorchStorages storages_;
  ZipStream zip_;
  bool in_storage_ = false;
  uint64_t left_ = 0;  // bytes of the storage that is arriving
};

/// Five pickles: a magic number, a version, what the machine was like, the state dict, the keys of
/// the storages; then each storage, after the number of its elements.
class TorchLegacyFile final : public WeightReader {
 public:
  TorchLegacyFile(std::string file, uint64_t file_bytes, SlotTable& slots);

  void feed(std::span<const uint8_t> bytes) override;
  void finish() override;

 private:
  enum class Part : uint8_t { kMagic, kVersion, kSystem, kState, kKeys, kCount, kStorage };
  [[noreturn]] void fail(const std::string& what) const;
  void take_pickle(std::span<const uint8_t>& bytes);
  void read_pickle();
  void check_system() const;
  void read_keys();
  void take_count(std::span<const uint8_t>& bytes);
  void take_storage(std::span<const uint8_t>& bytes);
  void end_storages();

  std::string file_;
  uint64_t file_bytes_;
  Pickle pickle_;
  TorchStorages storages_;
  Part part_ = Part::kMagic;
  std::vector<std::string> keys_;  // of the storages, in the order of their bytes
  size_t current_ = 0;             // among them
  std::vector<uint8_t> count_;     // of elements, as far as it came
  uint64_t left_ = 0;              // bytes of the storage that is arriving
};

/// Throws model-format when the storages alone are larger than the file is known to be.
void check_storage_sizes(const std::vector<TorchStorage>& storages, uint64_t file_bytes,
                         const std::string& file);

}  // namespace dragoman
