// The formats by their names.
#include "formats/weight_reader.hpp"

#include "formats/safetensors.hpp"
#include "formats/torch.hpp"

namespace dragoman {

std::unique_ptr<WeightReader> make_weight_reader(std::string file, uint64_t file_bytes,
                                                 SlotTable& slots) {
  if (file.ends_with(".bin")) {
    return std::make_unique<TorchReader>(std::move(file), file_bytes, slots);
  }
  return std::make_unique<SafetensorsReader>(std::move(file), file_bytes, slots);
}

}  // namespace dragoman
